namespace MetaML;

/// <summary>How well a strategy does, against the number of support rows.</summary>
public sealed record FewShotCurve
{
    /// <summary>The strategy's name.</summary>
    public required string Strategy { get; init; }

    /// <summary>What the strategy learns from.</summary>
    public required StrategyKind Kind { get; init; }

    /// <summary>One point for each support size, ascending; where the strategy failed, those that were finished.</summary>
    public required IReadOnlyList<FewShotPoint> Points { get; init; }

    /// <summary>Each task's metrics as means over the support sizes; null where the strategy failed.</summary>
    public TaskEvaluation? Overall { get; init; }

    /// <summary>Time of learning, adapting and scoring.</summary>
    public double RuntimeInSeconds { get; init; }

    /// <summary>Why the strategy failed; null where it did not.</summary>
    public Exception? Exception { get; init; }
}
