namespace MetaML;

/// <summary>What a task is judged by; each is ML.NET's metric of that name, on the task's rows.</summary>
public enum TaskMetric
{
    /// <summary>Binary: share of rows answered rightly.</summary>
    Accuracy,

    /// <summary>Binary: share of positive answers that are right.</summary>
    Precision,

    /// <summary>Binary: share of positive rows that are found.</summary>
    Recall,

    /// <summary>Binary: harmonic mean of <see cref="Precision"/> and <see cref="Recall"/>.</summary>
    F1Score,

    /// <summary>Binary: probability that a positive row scores higher than a negative one. Undefined for a task with one class.</summary>
    AreaUnderRocCurve,

    /// <summary>Binary: area under precision against recall. Undefined for a task with one class.</summary>
    AreaUnderPrecisionRecallCurve,

    /// <summary>Mean of −log p(label): in bits for binary labels, in nats for multiclass, as ML.NET has it.</summary>
    LogLoss,

    /// <summary>Multiclass: share of rows whose class is predicted.</summary>
    MicroAccuracy,

    /// <summary>Multiclass: mean over the classes of the share of their rows that are predicted.</summary>
    MacroAccuracy,

    /// <summary>Regression: mean of |label − score|.</summary>
    MeanAbsoluteError,

    /// <summary>Regression: root of the mean of (label − score)².</summary>
    RootMeanSquaredError,

    /// <summary>Regression: 1 − Σ(label − score)² / Σ(label − mean label)². Undefined where a task's labels are all alike.</summary>
    RSquared,
}
