namespace MetaML;

/// <summary>Whether the tasks of a multiclass problem have the same classes.</summary>
public enum ClassSets
{
    /// <summary>Determined from the data: <see cref="Common"/> if the average task has at least half of all classes, else <see cref="PerTask"/>.</summary>
    Auto,

    /// <summary>All tasks share one set of classes. A class that does not occur in a task's rows is learned from the other tasks.</summary>
    Common,

    /// <summary>Each task has its own classes: those of its rows.</summary>
    PerTask,
}
