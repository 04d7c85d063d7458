namespace MetaML;

/// <summary>Describes one label column of a model.</summary>
public sealed record OutputDescription
{
    /// <summary>The label column.</summary>
    public required string LabelColumnName { get; init; }

    /// <summary>The kind of the labels.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>The options of the adapter, as they were set or chosen from the data.</summary>
    public required AdapterOptions Adapter { get; init; }

    /// <summary>The classes of all tasks together; empty unless the labels are multiclass.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The names of the task features, on which the mean of the prior depends; empty if there are none.</summary>
    public IReadOnlyList<string> TaskFeatures { get; init; } = [];

    /// <summary>The treatment of rows of unknown tasks.</summary>
    public required UnknownTaskHandling UnknownTasks { get; init; }

    /// <summary>The tasks that the model knows, in the order of their names.</summary>
    public required IReadOnlyList<TaskDescription> Tasks { get; init; }

    /// <summary>What the model has learned of the population of tasks; null unless there is no encoder and the adapter is a Bayesian one: for values, for counts, or for two classes with a logistic likelihood and Shrinkage = false.</summary>
    public PopulationDescription? Population { get; init; }

    /// <summary>The effects in each task, computed when they are enumerated: tasks in the order of their names, and for each the intercept and the features; empty unless there is a <see cref="Population"/>.</summary>
    public IEnumerable<TaskEffect> TaskEffects { get; init; } = [];

    /// <summary>The probability with which the intervals or sets of the model hold the label of a row of a new task; null before Calibrate.</summary>
    public double? Coverage { get; init; }

    /// <summary>A summary of the training, with the reasons of its choices; null if an earlier version saved the model.</summary>
    public required TrainingSummary? Training { get; init; }
}
