namespace MetaML;

/// <summary>The summary of one metric over tasks.</summary>
public sealed record TaskMetricSummary
{
    private const double WorstShare = 0.1;

    /// <summary>The metric that is summarised.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>The macro mean, in which all tasks have equal weights, with its 95 % interval over tasks.</summary>
    public required MeanInterval Macro { get; init; }

    /// <summary>The mean in which the weight of a task is its number of rows.</summary>
    public required double RowWeightedMean { get; init; }

    /// <summary>The mean over the worst tenth of the tasks (at least one task).</summary>
    public required double WorstDecile { get; init; }

    /// <summary>The number of tasks for which the metric is undefined. They are left out of the means.</summary>
    public required int UndefinedCount { get; init; }

    /// <summary>Summarises one metric.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="tasks">The metrics of each task; any number of tasks.</param>
    public static TaskMetricSummary Of(TaskMetric metric, IReadOnlyCollection<TaskMetrics> tasks)
    {
        TaskMetrics[] defined = [.. tasks.Where(task => !double.IsNaN(task[metric]))];
        double[] worstFirst = [.. defined.Select(task => task[metric]).Order()];
        if (!metric.IsHigherBetter())
            Array.Reverse(worstFirst);
        long rows = defined.Sum(task => (long)task.RowCount);
        return new TaskMetricSummary
        {
            Metric = metric,
            Macro = MeanInterval.Of(worstFirst),
            RowWeightedMean = rows > 0 ? defined.Sum(task => task.RowCount * task[metric]) / rows : double.NaN,
            WorstDecile = defined.Length > 0 ? worstFirst.Take((int)Math.Ceiling(WorstShare * defined.Length)).Average() : double.NaN,
            UndefinedCount = tasks.Count - defined.Length,
        };
    }
}
