using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>The comparison of a strategy with a baseline, task by task on the same draws.</summary>
public sealed record PairedComparison
{
    private const double Tie = 1e-9;

    /// <summary>The strategy's name.</summary>
    public required string Strategy { get; init; }

    /// <summary>The name of the strategy that it is compared with.</summary>
    public required string Baseline { get; init; }

    /// <summary>The metric of the comparison.</summary>
    public required TaskMetric Metric { get; init; }

    /// <summary>The number of support rows; null for the mean over all sizes.</summary>
    public int? SupportSize { get; init; }

    /// <summary>The tasks for which the metric of both strategies is defined.</summary>
    public required IReadOnlyList<TaskComparison> Tasks { get; init; }

    /// <summary>The gain of the strategy over the baseline: the mean over tasks, with the 95 % interval of the paired differences.</summary>
    public MeanInterval Gain => MeanInterval.Of(Tasks.Select(task => task.Gain));

    /// <summary>Number of tasks on which the strategy is better.</summary>
    public int Wins => Tasks.Count(task => task.Gain > Tie);

    /// <summary>Number of tasks on which both are equal.</summary>
    public int Ties => Tasks.Count - Wins - Losses;

    /// <summary>Number of tasks on which the strategy is worse.</summary>
    public int Losses => Tasks.Count(task => task.Gain < -Tie);

    /// <summary>The tasks on which the strategy is worse, the worst first.</summary>
    public IEnumerable<TaskComparison> LosingTasks => Tasks.Where(task => task.Gain < -Tie).OrderBy(task => task.Gain);

    /// <summary>Compares two evaluations of the same rows.</summary>
    /// <param name="strategy">The strategy's name and its metrics.</param>
    /// <param name="baseline">The baseline's name and its metrics.</param>
    /// <param name="metric">The metric of the comparison.</param>
    /// <param name="supportSize">The number of support rows; null for the mean over all sizes.</param>
    /// <exception cref="ArgumentException">The metric does not fit the labels, or the tasks are not the same.</exception>
    public static PairedComparison Of(
        (string Name, TaskEvaluation Evaluation) strategy, (string Name, TaskEvaluation Evaluation) baseline, TaskMetric metric, int? supportSize = null)
    {
        MetricCheck.Fits(metric, strategy.Evaluation.Kind, nameof(metric));
        Dictionary<string, TaskMetrics> ours = strategy.Evaluation.Tasks.ToDictionary(task => task.Task);
        if (ours.Count != baseline.Evaluation.Tasks.Count || !baseline.Evaluation.Tasks.All(task => ours.ContainsKey(task.Task)))
            throw new ArgumentException($"Both evaluations must be of the same tasks; got those of '{strategy.Name}' and '{baseline.Name}', which differ. Evaluate both on the same data.", nameof(strategy));

        double sign = metric.IsHigherBetter() ? 1 : -1;
        return new PairedComparison
        {
            Strategy = strategy.Name,
            Baseline = baseline.Name,
            Metric = metric,
            SupportSize = supportSize,
            Tasks =
            [
                .. from theirs in baseline.Evaluation.Tasks
                   let pair = (Baseline: theirs[metric], Strategy: ours[theirs.Task][metric])
                   where !double.IsNaN(pair.Baseline) && !double.IsNaN(pair.Strategy)
                   select new TaskComparison(theirs.Task, pair.Baseline, pair.Strategy, sign * (pair.Strategy - pair.Baseline)),
            ],
        };
    }
}
