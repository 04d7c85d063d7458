namespace MetaML;

/// <summary>Whether the tasks of a multiclass problem tell the same classes apart.</summary>
public enum ClassSets
{
    /// <summary>Found from the data: <see cref="Common"/> where the average task holds at least half of all classes, else <see cref="PerTask"/>.</summary>
    Auto,

    /// <summary>All tasks share one set of classes; a class that a task's rows lack is known from the other tasks.</summary>
    Common,

    /// <summary>Each task has classes of its own: those of its rows.</summary>
    PerTask,
}
