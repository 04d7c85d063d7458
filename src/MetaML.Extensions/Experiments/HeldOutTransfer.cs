using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Experiments.Runs;

namespace MetaML.Extensions.Experiments;

/// <summary>Judges learning across tasks on tasks that did not choose the strategies.</summary>
/// <remarks>
/// The best of many strategies on some tasks is partly the best by chance on these tasks. A validation task is therefore judged by the
/// strategies that are best on the other validation tasks (cross-fitting), and a test task by those that are best on the validation tasks.
/// </remarks>
internal static class HeldOutTransfer
{
    private const int MostTasks = 10_000; // of a useful answer

    /// <summary>The comparison of learning across tasks with learning from scratch; null if no run of one of the two succeeded.</summary>
    /// <param name="runner">The runs.</param>
    /// <param name="metric">The metric of the comparison.</param>
    /// <param name="test">The strategies that are best on the validation tasks, on the test tasks; null if there are none.</param>
    public static PairedComparison? Of(ExperimentRunner runner, TaskMetric metric, FewShotEvaluation? test)
    {
        if (Best(IsAcross) is not { } across || Best(IsAlone) is not { } scratch)
            return null;
        double sign = metric.IsHigherBetter() ? 1 : -1;
        var tasks = new List<TaskComparison>();
        foreach (string task in across.ValidationMetrics!.Tasks.Select(metrics => metrics.Task))
        {
            double baseline = MetricOf(Best(IsAlone, task) ?? scratch, task), strategy = MetricOf(Best(IsAcross, task) ?? across, task);
            if (!double.IsNaN(baseline) && !double.IsNaN(strategy))
                tasks.Add(new TaskComparison(task, baseline, strategy, sign * (strategy - baseline)));
        }

        if (test is not null && new[] { across.TrainerName, scratch.TrainerName }.All(name => test[name].Exception is null))
            tasks.AddRange(test.Compare(across.TrainerName, scratch.TrainerName).Tasks);
        return new PairedComparison { Strategy = across.TrainerName, Baseline = scratch.TrainerName, Metric = metric, Tasks = tasks };

        RunDetail? Best(Func<StrategyKind, bool> isSelected, string? without = null) => runner.Best(detail => isSelected(detail.Kind), without);
        double MetricOf(RunDetail detail, string task) => detail.ValidationMetrics!.Tasks.FirstOrDefault(metrics => metrics.Task == task)?[metric] ?? double.NaN;
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
        double deviation = gain.HalfWidth * Math.Sqrt(gain.Count) / StudentT.Quantile975(gain.Count - 1);
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
