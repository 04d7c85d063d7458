using Microsoft.ML;

namespace MetaML;

/// <summary>One run of one strategy. The properties follow AutoML's RunDetail.</summary>
public sealed record RunDetail
{
    /// <summary>The strategy's name.</summary>
    public required string TrainerName { get; init; }

    /// <summary>The rows that the strategy learns from.</summary>
    public required StrategyKind Kind { get; init; }

    /// <summary>A description of the strategy's options; empty if its name describes them.</summary>
    public string Options { get; init; } = "";

    /// <summary>The metric by which runs are compared.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>The time of learning, adaptation and scoring, in seconds.</summary>
    public required double RuntimeInSeconds { get; init; }

    /// <summary>The time of learning, adaptation and scoring on the folds after the first, in seconds; 0 if only the validation tasks judged the run.</summary>
    public double CrossValidationInSeconds { get; init; }

    /// <summary>The median time of the prediction of one row, in milliseconds; null if the run failed before it scored, or if the model has a step that does not score row by row.</summary>
    public double? PredictionMilliseconds { get; init; }

    /// <summary>The size of the saved model in bytes: that of the training tasks, or of one task if the strategy learns from scratch; null if the run failed before it had one, or if it cannot be saved.</summary>
    public long? ModelBytes { get; init; }

    /// <summary>The largest memory use during the run.</summary>
    public PeakMemory PeakMemory { get; init; }

    /// <summary>The largest number of outer steps of meta-training; null for other trainers.</summary>
    public int? MaximumNumberOfIterations { get; init; }

    /// <summary>The round of successive halving, from 1; null if the strategy is not part of the search.</summary>
    public int? Round { get; init; }

    /// <summary>The estimator that was fitted.</summary>
    public IEstimator<ITransformer>? Estimator { get; init; }

    /// <summary>The model that was fitted to the training tasks; null if the strategy learns from scratch, or if the run failed.</summary>
    public ITransformer? Model { get; init; }

    /// <summary>The metrics of each validation task, which are means over draws and support sizes; null if the run failed.</summary>
    public TaskEvaluation? ValidationMetrics => ValidationCurve?.Overall;

    /// <summary>The mean of <see cref="Metric"/> over validation tasks with its 95 % interval; null if the run failed.</summary>
    public MeanInterval? Score => ValidationMetrics?[Metric].Macro;

    /// <summary>The metrics of the validation tasks as a function of the number of support rows.</summary>
    public FewShotCurve? ValidationCurve { get; init; }

    /// <summary>The number of folds of tasks that judged the run. The validation tasks are the first. If there is time, the leading runs are judged on the training tasks too, by cross-validation over tasks; <see cref="ValidationMetrics"/> then contains them.</summary>
    public int ValidationFolds { get; init; } = 1;

    /// <summary>Losses and task weights λ over the outer steps, at about two hundred steps; empty for other trainers.</summary>
    public IReadOnlyList<LearningPoint> LearningCurve { get; init; } = [];

    /// <summary>The exception with which the run failed; null if it succeeded.</summary>
    public Exception? Exception { get; init; }
}
