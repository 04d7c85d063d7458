using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Experiments.Runs;

namespace MetaML.Extensions.Experiments;

/// <summary>Judges learning across tasks on tasks that did not choose the strategies.</summary>
/// <remarks>
/// The best of many strategies on some tasks is partly the best by chance on these tasks. The strategies that are best on the validation
/// tasks are therefore judged by the tasks of further folds and by the test tasks. Without further folds, a validation task is judged by the
/// strategies that are best on the other validation tasks (cross-fitting), beside the test tasks.
/// </remarks>
internal static class HeldOutTransfer
{
    private const int MostTasks = 10_000; // of a useful answer

    /// <summary>The comparison of learning across tasks with learning from scratch; null if no run of one of the two succeeded.</summary>
    /// <param name="runner">The runs.</param>
    /// <param name="metric">The metric of the comparison.</param>
    /// <param name="test">Strategies on the test tasks; null if there are none.</param>
    public static PairedComparison? Of(ExperimentRunner runner, TaskMetric metric, FewShotEvaluation? test)
    {
        if (runner.Compared() is not ({ } across, { } scratch))
            return null;
        double sign = metric.IsHigherBetter() ? 1 : -1;
        string[] further = [.. across.ValidationMetrics!.Tasks.Select(metrics => metrics.Task).Where(task => !runner.IsOfFirstFold(task))];
        TaskComparison[] compared = [.. further.Select(task => Compare(task, across, scratch)).OfType<TaskComparison>()];
        if (compared.Length == 0)
        {
            compared = [.. across.ValidationMetrics.Tasks.Select(metrics => metrics.Task)
                .Select(task => Compare(task, Best(IsAcross, other => other != task) ?? across, Best(IsAlone, other => other != task) ?? scratch)).OfType<TaskComparison>()];
        }

        string[] names = [across.TrainerName, scratch.TrainerName];
        IEnumerable<TaskComparison> tested = test is not null && names.All(name => test.Curves.Any(curve => curve.Strategy == name && curve.Exception is null)) ? test.Compare(names[0], names[1]).Tasks : [];
        return new PairedComparison { Strategy = names[0], Baseline = names[1], Metric = metric, Tasks = [.. compared, .. tested] };

        RunDetail? Best(Func<StrategyKind, bool> isSelected, Func<string, bool> judges) => runner.Best(detail => isSelected(detail.Kind), judges);
        double MetricOf(RunDetail detail, string task) => detail.ValidationMetrics!.Tasks.FirstOrDefault(metrics => metrics.Task == task)?[metric] ?? double.NaN;
        TaskComparison? Compare(string task, RunDetail strategy, RunDetail baseline)
        {
            double own = MetricOf(strategy, task), other = MetricOf(baseline, task);
            return double.IsNaN(own) || double.IsNaN(other) ? null : new TaskComparison(task, other, own, sign * (own - other));
        }
    }

    /// <summary>The verdict of a comparison.</summary>
    /// <param name="transfer">The comparison; null if there is none.</param>
    public static TransferVerdict VerdictOf(PairedComparison? transfer) => transfer?.Gain switch
    {
        null or { Count: 0 } => TransferVerdict.NotCompared,
        { Lower: > 0 } => TransferVerdict.Helps,
        { Upper: < 0 } => TransferVerdict.Harms,
        _ => TransferVerdict.Uncertain, // also for a single task, which has no interval
    };

    /// <summary>About how many held-out tasks would decide, if mean and spread of the gain stay as they are; null if that is unknown, or more than 10,000.</summary>
    /// <param name="gain">The gain, with an interval that contains 0.</param>
    public static int? TasksToDecide(MeanInterval gain)
    {
        if (double.IsNaN(gain.HalfWidth) || gain.Mean == 0)
            return null;
        double deviation = gain.StandardError * Math.Sqrt(gain.Count);
        for (int count = gain.Count + 1; count <= MostTasks; count++)
        {
            if (StudentT.Quantile975(count - 1) * deviation < Math.Abs(gain.Mean) * Math.Sqrt(count))
                return count;
        }

        return null;
    }

    private static bool IsAcross(StrategyKind kind) => kind != StrategyKind.FromScratch;

    private static bool IsAlone(StrategyKind kind) => kind == StrategyKind.FromScratch;
}
