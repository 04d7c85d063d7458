namespace MetaML;

/// <summary>What was run: enough to run it again.</summary>
public sealed record ExperimentDescription
{
    /// <summary>Seed of every random choice.</summary>
    public required int Seed { get; init; }

    /// <summary>The settings, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; }

    /// <summary>Versions of this package, of what it stands on, and of the runtime, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Versions { get; init; }

    /// <summary>Names of the tasks that were learned from.</summary>
    public required IReadOnlyList<string> TrainingTasks { get; init; }

    /// <summary>Names of the tasks that strategies were chosen by.</summary>
    public required IReadOnlyList<string> ValidationTasks { get; init; }

    /// <summary>Names of the tasks that were touched once, at the end.</summary>
    public required IReadOnlyList<string> TestTasks { get; init; }

    /// <summary>Number of processors.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Time of all runs.</summary>
    public required double SearchInSeconds { get; init; }

    /// <summary>Time of judging the finalists on the test tasks.</summary>
    public required double TestInSeconds { get; init; }

    /// <summary>Time of fitting the best strategy again.</summary>
    public required double RefitInSeconds { get; init; }

    /// <summary>Why no further strategy was tried.</summary>
    public required ExperimentEnd End { get; init; }
}
