namespace MetaML;

/// <summary>What a model holds for one label column.</summary>
public sealed record OutputDescription
{
    /// <summary>The label column.</summary>
    public required string LabelColumnName { get; init; }

    /// <summary>What the labels are.</summary>
    public required LabelKind Kind { get; init; }

    /// <summary>What is fitted for each task, as it was chosen or set.</summary>
    public required AdapterOptions Adapter { get; init; }

    /// <summary>The classes, of all tasks together; empty unless multiclass.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What is given for rows of unknown tasks.</summary>
    public required UnknownTaskHandling UnknownTasks { get; init; }

    /// <summary>The tasks that the model knows, by name.</summary>
    public required IReadOnlyList<TaskDescription> Tasks { get; init; }

    /// <summary>How the model was trained, and why so; null where it was saved by an earlier version.</summary>
    public required TrainingSummary? Training { get; init; }
}
