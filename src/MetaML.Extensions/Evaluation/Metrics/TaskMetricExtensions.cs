namespace MetaML;

/// <summary>Properties of metrics.</summary>
public static class TaskMetricExtensions
{
    private static readonly TaskMetric[] s_binary =
    [
        TaskMetric.Accuracy, TaskMetric.Precision, TaskMetric.Recall, TaskMetric.F1Score,
        TaskMetric.AreaUnderRocCurve, TaskMetric.AreaUnderPrecisionRecallCurve, TaskMetric.LogLoss,
    ];

    private static readonly TaskMetric[] s_multiclass = [TaskMetric.MicroAccuracy, TaskMetric.MacroAccuracy, TaskMetric.LogLoss];

    private static readonly TaskMetric[] s_regression = [TaskMetric.RootMeanSquaredError, TaskMetric.MeanAbsoluteError, TaskMetric.RSquared];

    /// <summary>The metrics of a kind of labels. The first one is the default metric for the comparison of strategies.</summary>
    /// <param name="kind">The kind of the labels.</param>
    public static IReadOnlyList<TaskMetric> Metrics(this LabelKind kind) => kind switch
    {
        LabelKind.Binary => s_binary,
        LabelKind.Multiclass => s_multiclass,
        _ => s_regression,
    };

    /// <summary>Whether larger values are better.</summary>
    /// <param name="metric">The metric.</param>
    public static bool IsHigherBetter(this TaskMetric metric) =>
        metric is not (TaskMetric.LogLoss or TaskMetric.MeanAbsoluteError or TaskMetric.RootMeanSquaredError);

    /// <summary>The name of the metric in text.</summary>
    /// <param name="metric">The metric.</param>
    public static string DisplayName(this TaskMetric metric) => metric switch
    {
        TaskMetric.Accuracy => "accuracy",
        TaskMetric.Precision => "precision",
        TaskMetric.Recall => "recall",
        TaskMetric.F1Score => "F1",
        TaskMetric.AreaUnderRocCurve => "AUC",
        TaskMetric.AreaUnderPrecisionRecallCurve => "AUPRC",
        TaskMetric.LogLoss => "log-loss",
        TaskMetric.MicroAccuracy => "micro-accuracy",
        TaskMetric.MacroAccuracy => "macro-accuracy",
        TaskMetric.MeanAbsoluteError => "MAE",
        TaskMetric.RootMeanSquaredError => "RMSE",
        TaskMetric.Own => "own metric",
        _ => "R²",
    };
}
