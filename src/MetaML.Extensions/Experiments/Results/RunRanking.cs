namespace MetaML.Extensions.Experiments.Results;

/// <summary>The order of runs by their metric on the validation tasks.</summary>
internal static class RunRanking
{
    /// <summary>The runs, the best first. Failed runs are last.</summary>
    /// <remarks>
    /// If all tasks take part, runs that were judged on more folds come first, since the leading ones are. Then those with fewer unscored rows: the metrics
    /// of a run leave out its unscored rows, and these may be the difficult ones. Of equal runs, the simpler one is first, then the earlier one.
    /// </remarks>
    /// <param name="runs">The runs.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="judges">Whether a task takes part; null for all tasks.</param>
    public static IEnumerable<RunDetail> BestFirst(IEnumerable<RunDetail> runs, TaskMetric metric, Func<string, bool>? judges = null) => runs
        .Select(run => (Run: run, Score: ScoreOf(run, metric, judges)))
        .OrderBy(pair => double.IsNaN(pair.Score)).ThenByDescending(pair => judges is null ? pair.Run.ValidationFolds : 0).ThenBy(pair => pair.Run.ValidationMetrics?.UnscoredRowCount).ThenByDescending(pair => pair.Score).ThenBy(pair => pair.Run.Kind)
        .Select(pair => pair.Run);

    /// <summary>The score of a run, with a sign such that higher is better; NaN if the run failed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="judges">Whether a task takes part; null for all tasks.</param>
    public static double ScoreOf(RunDetail run, TaskMetric metric, Func<string, bool>? judges = null)
    {
        double mean = MeanInterval.Of(run.ValidationMetrics?.Tasks.Where(task => judges is null || judges(task.Task)).Select(task => task[metric]) ?? []).Mean;
        return metric.IsHigherBetter() ? mean : -mean;
    }
}
