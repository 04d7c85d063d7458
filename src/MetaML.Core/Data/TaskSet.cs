namespace MetaML.Data;

/// <summary>Tasks that share one store of feature rows. Each task holds labels and row numbers.</summary>
public sealed class TaskSet
{
    internal TaskSet(LabelKind kind, FeatureStore features, IReadOnlyList<LearningTask> tasks, int classCount, bool hasCommonClasses)
    {
        Kind = kind;
        Features = features;
        Tasks = tasks.Select((task, number) => task.Numbered(number)).ToArray();
        ClassCount = classCount;
        HasCommonOutputs = hasCommonClasses;
    }

    /// <summary>The kind of label.</summary>
    public LabelKind Kind { get; }

    /// <summary>The rows that the tasks refer to.</summary>
    public FeatureStore Features { get; }

    /// <summary>The tasks, in the order in which they first appeared.</summary>
    public IReadOnlyList<LearningTask> Tasks { get; }

    /// <summary>Number of classes of all tasks together: 2 for binary labels, 0 for regression.</summary>
    public int ClassCount { get; }

    /// <summary>Whether all tasks share one set of classes; true for binary labels and for regression.</summary>
    public bool HasCommonOutputs { get; }

    /// <summary>The names of the covariates of a task; empty if tasks have none.</summary>
    public IReadOnlyList<string> CovariateNames { get; internal init; } = [];

    /// <summary>The names of the levels of groups that tasks are in, the outermost first; empty if tasks are in none.</summary>
    public IReadOnlyList<string> GroupNames { get; internal init; } = [];

    /// <summary>The same tasks with other features for their rows.</summary>
    internal TaskSet On(FeatureStore features) => new(Kind, features, Tasks, ClassCount, HasCommonOutputs) { CovariateNames = CovariateNames, GroupNames = GroupNames };

    /// <summary>The same features and classes with other tasks.</summary>
    internal TaskSet With(IReadOnlyList<LearningTask> tasks) => new(Kind, Features, tasks, ClassCount, HasCommonOutputs) { CovariateNames = CovariateNames, GroupNames = GroupNames };
}
