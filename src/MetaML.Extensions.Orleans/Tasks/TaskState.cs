namespace MetaML;

/// <summary>The description of a task.</summary>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.TaskState")]
public sealed record TaskState
{
    /// <summary>The name of the model.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>The name of the task.</summary>
    [Id(1)]
    public required string Task { get; init; }

    /// <summary>The version of the model that the task uses.</summary>
    [Id(2)]
    public required string Version { get; init; }

    /// <summary>Whether the task has a head of its own.</summary>
    [Id(3)]
    public required bool IsKnown { get; init; }

    /// <summary>Number of rows of the task.</summary>
    [Id(4)]
    public required int RowCount { get; init; }

    /// <summary>Whether rows can be added to the task and taken away.</summary>
    [Id(5)]
    public required bool HasStatistics { get; init; }

    /// <summary>The size of the stored state in bytes, without what the storage adds.</summary>
    [Id(6)]
    public required int StateBytes { get; init; }

    /// <summary>Whether another version of the model is active, and the task cannot be adapted to it before <see cref="ITaskRowSource"/> gives its rows.</summary>
    [Id(7)]
    public required bool NeedsRows { get; init; }
}
