using Microsoft.ML;

namespace MetaML;

/// <summary>One strategy, tried once: the shape is AutoML's.</summary>
public sealed record RunDetail
{
    /// <summary>The strategy's name.</summary>
    public required string TrainerName { get; init; }

    /// <summary>What the strategy learns from.</summary>
    public required StrategyKind Kind { get; init; }

    /// <summary>The strategy's options in words; empty where its name tells them.</summary>
    public string Options { get; init; } = "";

    /// <summary>What the run is judged by.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>Time of learning, adapting and scoring.</summary>
    public required double RuntimeInSeconds { get; init; }

    /// <summary>The most memory in use while it ran.</summary>
    public PeakMemory PeakMemory { get; init; }

    /// <summary>Outer steps that meta-training was allowed; null for other trainers.</summary>
    public int? MaximumNumberOfIterations { get; init; }

    /// <summary>The round of successive halving, from 1; null where the strategy took no part in it.</summary>
    public int? Round { get; init; }

    /// <summary>The estimator that was fitted.</summary>
    public IEstimator<ITransformer>? Estimator { get; init; }

    /// <summary>What it became on the training tasks; null from scratch, and where the run failed.</summary>
    public ITransformer? Model { get; init; }

    /// <summary>Metrics of each validation task, means over draws and support sizes; null where the run failed.</summary>
    public TaskEvaluation? ValidationMetrics => ValidationCurve?.Overall;

    /// <summary>The run's mean over validation tasks with its 95 % interval; null where the run failed.</summary>
    public MeanInterval? Score => ValidationMetrics?[Metric].Macro;

    /// <summary>The validation tasks against the number of support rows.</summary>
    public FewShotCurve? ValidationCurve { get; init; }

    /// <summary>Losses and λ over the outer steps, thinned to some two hundred; empty for other trainers.</summary>
    public IReadOnlyList<LearningPoint> LearningCurve { get; init; } = [];

    /// <summary>Why the run failed; null where it did not.</summary>
    public Exception? Exception { get; init; }
}
