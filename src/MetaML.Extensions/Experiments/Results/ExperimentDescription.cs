namespace MetaML;

/// <summary>The data, settings and versions of an experiment, sufficient to repeat it.</summary>
public sealed record ExperimentDescription
{
    /// <summary>Seed of every random choice.</summary>
    public required int Seed { get; init; }

    /// <summary>The settings, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Settings { get; init; }

    /// <summary>Versions of this package, of its dependencies, and of the runtime, by name.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Versions { get; init; }

    /// <summary>Names of the training tasks.</summary>
    public required IReadOnlyList<string> TrainingTasks { get; init; }

    /// <summary>Names of the validation tasks, which decide the best strategy.</summary>
    public required IReadOnlyList<string> ValidationTasks { get; init; }

    /// <summary>Names of the test tasks, which are used once, at the end.</summary>
    public required IReadOnlyList<string> TestTasks { get; init; }

    /// <summary>Number of processors.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>The time at which the experiment started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The time of all runs, in seconds.</summary>
    public required double SearchInSeconds { get; init; }

    /// <summary>The time limit of all runs, in seconds; null if it is unknown.</summary>
    public double? TimeLimitInSeconds { get; init; }

    /// <summary>The time of the evaluation on the test tasks, in seconds.</summary>
    public required double TestInSeconds { get; init; }

    /// <summary>The time of the second fit of the best strategy, in seconds.</summary>
    public required double RefitInSeconds { get; init; }

    /// <summary>The reason for the end of the experiment.</summary>
    public required ExperimentEnd End { get; init; }
}
