namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Checks whether a metric fits a kind of labels.</summary>
internal static class MetricCheck
{
    /// <exception cref="ArgumentException">The metric does not fit the labels.</exception>
    public static void Fits(TaskMetric metric, LabelKind kind, string parameter)
    {
        if (metric != TaskMetric.Own && !kind.Metrics().Contains(metric))
            throw new ArgumentException($"The metric must be one of {string.Join(", ", kind.Metrics())} for {kind} labels; got {metric}. It does not fit the labels. Choose one of those.", parameter);
    }
}
