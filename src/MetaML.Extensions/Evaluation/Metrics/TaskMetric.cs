namespace MetaML;

/// <summary>The metrics of a task. Each is ML.NET's metric of the same name, computed from the rows of the task.</summary>
public enum TaskMetric
{
    /// <summary>Binary: share of rows whose class is predicted correctly.</summary>
    Accuracy,

    /// <summary>Binary: share of the rows predicted as positive that are positive.</summary>
    Precision,

    /// <summary>Binary: share of the positive rows that are predicted as positive.</summary>
    Recall,

    /// <summary>Binary: harmonic mean of <see cref="Precision"/> and <see cref="Recall"/>.</summary>
    F1Score,

    /// <summary>Binary: probability that a positive row scores higher than a negative one. Undefined for a task with one class.</summary>
    AreaUnderRocCurve,

    /// <summary>Binary: area under the curve of precision against recall. Undefined for a task with one class.</summary>
    AreaUnderPrecisionRecallCurve,

    /// <summary>Mean of −log p(label): in bits for binary labels, in nats for multiclass labels, as in ML.NET.</summary>
    LogLoss,

    /// <summary>Multiclass: share of rows whose class is predicted correctly.</summary>
    MicroAccuracy,

    /// <summary>Multiclass: share of the rows of a class that are predicted correctly, as the mean over the classes.</summary>
    MacroAccuracy,

    /// <summary>Regression: mean of |label − score|.</summary>
    MeanAbsoluteError,

    /// <summary>Regression: square root of the mean of (label − score)².</summary>
    RootMeanSquaredError,

    /// <summary>Regression: 1 − Σ(label − score)² / Σ(label − mean label)². Undefined if all labels of a task are equal.</summary>
    RSquared,

    /// <summary>The metric that <see cref="FewShotOptions.OwnMetric"/> computes. Higher is better.</summary>
    Own,
}
