namespace MetaML.Extensions.Experiments.Results;

/// <summary>The order of runs by their metric on the validation tasks.</summary>
internal static class RunRanking
{
    /// <summary>The runs, the best first. Failed runs are last.</summary>
    /// <remarks>
    /// Runs that were judged on more folds come first, since the leading ones are. Then those with fewer unscored rows: the metrics
    /// of a run leave out its unscored rows, and these may be the difficult ones. Of equal runs, the simpler one is first, then the earlier one.
    /// </remarks>
    /// <param name="runs">The runs.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="without">A validation task that has no influence; null for none.</param>
    public static IEnumerable<RunDetail> BestFirst(IEnumerable<RunDetail> runs, TaskMetric metric, string? without = null) => runs
        .Select(run => (Run: run, Score: ScoreOf(run, metric, without)))
        .OrderBy(pair => double.IsNaN(pair.Score)).ThenByDescending(pair => pair.Run.ValidationFolds).ThenBy(pair => pair.Run.ValidationMetrics?.UnscoredRowCount).ThenByDescending(pair => pair.Score).ThenBy(pair => pair.Run.Kind)
        .Select(pair => pair.Run);

    /// <summary>The score of a run, with a sign such that higher is better; NaN if the run failed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="without">A validation task that is left out of the mean; null for none.</param>
    public static double ScoreOf(RunDetail run, TaskMetric metric, string? without = null)
    {
        double mean = MeanInterval.Of(run.ValidationMetrics?.Tasks.Where(task => task.Task != without).Select(task => task[metric]) ?? []).Mean;
        return metric.IsHigherBetter() ? mean : -mean;
    }
}
