using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Experiments.Results;
using MetaML.Extensions.Experiments.Runs;

namespace MetaML.Extensions.Experiments.Combinations;

/// <summary>Combines the strategies that were judged on the most tasks, and compares the combinations with the best run.</summary>
/// <remarks>Strategies from scratch take no part: they have no model before there are rows of a task.</remarks>
internal sealed class StrategyCombiner
{
    private const int MostParts = 5; // of the tasks, for the choice of weights

    private readonly ModelLimits _limits;
    private readonly RunDetail _best;
    private readonly TaskMetric _metric;
    private readonly LabelKind _kind;
    private readonly PredictionRecord[] _records;
    private readonly RecordedMetrics _metrics;

    private StrategyCombiner(ModelLimits limits, FewShotEvaluator evaluator, RunDetail best, RunDetail[] strategies, PredictionRecord[] records)
    {
        _limits = limits;
        _kind = evaluator.Kind;
        _best = best;
        _metric = best.Metric;
        _records = records;
        Strategies = strategies;
        _metrics = new RecordedMetrics(_kind, evaluator.OwnMetric, records);
    }

    /// <summary>The strategies. The best run is the first.</summary>
    public IReadOnlyList<RunDetail> Strategies { get; }

    /// <summary>The strategies that can be combined with the best run; null if there are none, or if the best run has no model.</summary>
    public static StrategyCombiner? Of(ExperimentRunner runner, FewShotEvaluator evaluator, RunDetail best)
    {
        if (best.Model is null || runner.PredictionsOf(best) is not { IsUsable: true } predictions)
            return null;
        IEnumerable<RunDetail> usable = runner.Candidates().Where(run => run.Model is not null && runner.PredictionsOf(run) is { IsUsable: true } other && other.HasSameLabels(predictions));
        RunDetail[] others = [.. RunRanking.BestFirst(usable, best.Metric).DistinctBy(run => runner.PlanOf(run).Family).ExceptBy([runner.PlanOf(best).Family], run => runner.PlanOf(run).Family)];
        RunDetail[] strategies = [best, .. others];
        return others.Length > 0 ? new StrategyCombiner(runner.Limits, evaluator, best, strategies, [.. strategies.Select(run => runner.PredictionsOf(run)!)]) : null;
    }

    /// <summary>The ensemble; null if its weights are those of the best run alone, or if it would exceed a limit on models.</summary>
    /// <param name="cancellationToken">Stops the choice.</param>
    public CombinedStrategy? Ensemble(CancellationToken cancellationToken)
    {
        var selection = new GreedySelection(_records.Length, weights => SignedMetrics(_metrics.Evaluate(_ => weights)));
        int tasks = _metrics.Tasks.Count, parts = Math.Min(MostParts, tasks);
        if (parts < 2)
            return null;
        int[] counts = selection.Choose(_ => true, cancellationToken);
        if (counts[0] == counts.Sum() || !_limits.Allows(Strategies.Where((_, i) => counts[i] > 0)))
            return null;
        var crossFitted = new Dictionary<string, IReadOnlyList<double>>();
        for (int part = 0; part < parts; part++)
        {
            double[] weights = GreedySelection.Normalized(selection.Choose(task => task % parts != part, cancellationToken));
            for (int task = part; task < tasks; task += parts)
                crossFitted[_metrics.Tasks[task]] = weights;
        }

        double[] all = GreedySelection.Normalized(counts);
        return new CombinedStrategy
        {
            Name = $"ensemble of {all.Count(weight => weight > 0)}",
            Weights = [.. Strategies.Zip(all, (run, weight) => KeyValuePair.Create(run.TrainerName, weight)).Where(pair => pair.Value > 0).OrderByDescending(pair => pair.Value)],
            Comparison = Compare("ensemble", _metrics.Evaluate(task => crossFitted[task]), _metrics.Evaluate(_ => Only(0))),
        };
    }

    /// <summary>The routed model; null if every task has the common choice, which is the best run, or if it would exceed a limit on models.</summary>
    /// <param name="cancellationToken">Stops the choice.</param>
    public CombinedStrategy? Routed(CancellationToken cancellationToken)
    {
        Dictionary<string, Dictionary<int, double>[]> losses = Losses();
        string[] tasks = [.. _metrics.Tasks];
        Dictionary<string, int> all = Routes(_ => true);
        if (all.Values.All(route => route == 0) || !_limits.AllowsSizes(all.Values.Append(0).Distinct().Select(route => Strategies[route])))
            return null;
        TaskMetrics[][] halves = [.. Enumerable.Range(0, 2).Select(half =>
        {
            Dictionary<string, HashSet<int>> choosing = losses.ToDictionary(pair => pair.Key, pair => pair.Value[0].Keys.Order().Where((_, i) => i % 2 == half).ToHashSet());
            cancellationToken.ThrowIfCancellationRequested();
            HashSet<int> rows = [.. choosing.Values.SelectMany(part => part)];
            Dictionary<string, int> routes = Routes(rows.Contains);
            TaskEvaluation routed = _metrics.Evaluate(task => Only(routes[task]), row => !rows.Contains(row)), common = _metrics.Evaluate(_ => Only(0), row => !rows.Contains(row));
            return routed.Tasks.Concat(common.Tasks).ToArray();
        })];
        TaskEvaluation Mean(int first) => MetricMeans.Over([.. halves.Select(half => new TaskEvaluation(_kind, half[first..(first + tasks.Length)]))]);
        return new CombinedStrategy
        {
            Name = "routed",
            Weights = [KeyValuePair.Create(_best.TrainerName, 1.0)],
            Routes = tasks.Where(task => all[task] != 0).ToDictionary(task => task, task => Strategies[all[task]].TrainerName),
            Comparison = Compare("routed", Mean(0), Mean(tasks.Length)),
        };

        Dictionary<string, int> Routes(Func<int, bool> isIncluded)
        {
            int[] chosen = TaskRoutes.Choose(0, [.. Enumerable.Range(0, _records.Length).Select(k => tasks.Select(task =>
                losses[task][0].Where(row => isIncluded(row.Key)).OrderBy(row => row.Key).Select(row => row.Value - losses[task][k][row.Key]).ToArray()).ToArray())]);
            return tasks.Zip(chosen).ToDictionary(pair => pair.First, pair => pair.Second);
        }
    }

    // [task][strategy][row]: the mean loss of a row over the draws with the largest support, which is nearest to a known task.
    private Dictionary<string, Dictionary<int, double>[]> Losses()
    {
        int largest = _records[0].Cells.Max(cell => cell.SupportSize);
        return _metrics.Tasks.ToDictionary(task => task, task => _records.Select(record => record.Cells
            .Where(cell => cell.Task == task && cell.SupportSize == largest)
            .SelectMany(cell => cell.Rows.Rows.Select((row, i) => (Row: row, Loss: MetricCalculator.LossOfRow(_kind, _metric, cell.Rows, i))))
            .GroupBy(pair => pair.Row).ToDictionary(group => group.Key, group => group.Average(pair => pair.Loss))).ToArray());
    }

    private double[] Only(int strategy) => [.. Enumerable.Range(0, _records.Length).Select(k => k == strategy ? 1.0 : 0)];

    private double[] SignedMetrics(TaskEvaluation evaluation) => [.. evaluation.Tasks.Select(task => (_metric.IsHigherBetter() ? 1 : -1) * task[_metric])];

    private PairedComparison Compare(string name, TaskEvaluation combined, TaskEvaluation best) => PairedComparison.Of((name, combined), (_best.TrainerName, best), _metric);
}
