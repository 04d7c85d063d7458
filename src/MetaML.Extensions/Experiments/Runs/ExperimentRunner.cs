using System.Diagnostics;
using System.Globalization;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Experiments.Checkpoints;
using MetaML.Extensions.Experiments.Results;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Runs strategies on the training and validation tasks. If a strategy throws an exception, the exception is part of its run.</summary>
internal sealed class ExperimentRunner(FewShotEvaluator evaluator, IDataView training, TaskMetric metric, ExperimentBudget budget, ModelLimits limits, RunStore? store, Action<RunDetail> report)
{
    private readonly HashSet<string> _firstTasks = [.. evaluator.TaskNames];
    private readonly List<Run> _runs = [];

    public IReadOnlyList<RunDetail> Details => [.. _runs.Select(run => run.Detail)];

    /// <summary>The limits on models.</summary>
    public ModelLimits Limits => limits;

    /// <summary>The shortest estimated duration of an interrupted run, in seconds; null if no run was interrupted.</summary>
    public double? ShortestEstimate { get; private set; }

    /// <summary>The plan of a run, which can repeat it.</summary>
    public PlannedRun PlanOf(RunDetail detail) => RunOf(detail).Plan;

    /// <summary>The predictions of a run for all tasks that judged it; null if the strategy has no model before it has rows of a task.</summary>
    public PredictionRecord? PredictionsOf(RunDetail detail) => RunOf(detail).Predictions;

    /// <summary>Runs one strategy, or takes its finished run from the store.</summary>
    public RunDetail Execute(PlannedRun plan)
    {
        budget.CountRun();
        Run run = Restored(plan) ?? Started(plan);
        _runs.Add(run);
        report(run.Detail);
        return run.Detail;
    }

    private Run? Restored(PlannedRun plan)
    {
        if (store?.Find(plan, fold: 0) is not var (stored, model))
            return null;
        budget.AddEarlier(stored.Seconds);
        return new Run(plan, Detail(plan, plan.Strategy(null, CancellationToken.None), stored, model, null), stored.Predictions);
    }

    private Run Started(PlannedRun plan)
    {
        using var memory = new MemoryWatch(limits.MemoryBytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(budget.Token, memory.Exceeded);
        var clock = Stopwatch.StartNew();
        var points = new List<FewShotPoint>();
        double learned = 0, evaluated = 0;
        var recorder = new LearningRecorder(share => learned = share);
        LearningStrategy? strategy = null;
        ITransformer? model = null, scoring = null;
        ModelCost cost = default;
        PredictionRecord? predictions = null;
        Exception? exception = null;
        try
        {
            stop.Token.ThrowIfCancellationRequested();
            strategy = plan.Strategy(recorder, stop.Token);
            model = strategy.Learn(training);
            learned = 1;
            int done = 0, total = evaluator.StepsOf(strategy);
            predictions = model is null ? null : new PredictionRecord();
            evaluator.Evaluate(strategy, model, training, points, evaluatedModel =>
            {
                evaluated = (double)++done / total;
                scoring = evaluatedModel;
            }, stop.Token, predictions);
            if (points.All(point => double.IsNaN(point.Evaluation[metric].Macro.Mean)))
                throw new InvalidOperationException($"The metric must be defined for some validation task; got NaN for {metric} on all of them. Strategies cannot be compared by it. Choose another metric, or give tasks more rows.");
            stop.Token.ThrowIfCancellationRequested(); // a trainer that cannot be cancelled may have used too much memory
            cost = limits.Measure(model ?? scoring!, scoring!, evaluator.SomeQueryRows(ModelLimits.TimedRows));
            limits.Check(cost);
        }
        catch (Exception) when (memory.Exceeded.IsCancellationRequested)
        {
            exception = limits.MemoryExceeded(memory.Peak);
        }
        catch (OperationCanceledException) when (budget.Token.IsCancellationRequested && !budget.IsCancelled)
        {
            exception = TimeIsUp(clock.Elapsed.TotalSeconds, recorder.HasSteps ? (learned + evaluated) / 2 : evaluated);
        }
        catch (Exception failure) // an estimator of a user can throw any exception
        {
            exception = failure;
        }

        var run = new StoredRun(clock.Elapsed.TotalSeconds, memory.Peak, cost, points, recorder.Curve, exception is null ? predictions : null);
        if (exception is null)
            store?.Keep(plan, fold: 0, run, model);
        return new Run(plan, Detail(plan, strategy, run, model, exception), run.Predictions);
    }

    private RunDetail Detail(PlannedRun plan, LearningStrategy? strategy, StoredRun run, ITransformer? model, Exception? exception) => new()
    {
        TrainerName = plan.Name,
        Kind = plan.Kind,
        Options = strategy?.Options ?? "",
        Metric = metric,
        RuntimeInSeconds = run.Seconds,
        PeakMemory = run.Peak,
        PredictionMilliseconds = run.Cost.Milliseconds,
        ModelBytes = run.Cost.Bytes,
        MaximumNumberOfIterations = plan.Iterations,
        Round = plan.Round,
        Estimator = plan.Estimator,
        Model = exception is null ? model : null,
        ValidationCurve = strategy is null ? null : FewShotEvaluator.Curve(strategy, run.Points, run.Seconds, exception),
        LearningCurve = run.Learning,
        Exception = exception,
    };

    /// <summary>Judges runs on a further fold. Their metrics then also contain those of its tasks.</summary>
    /// <param name="runs">The runs. One that fails on the fold keeps its metrics.</param>
    /// <param name="fold">The fold.</param>
    /// <returns>Whether all runs were judged before the time was up; if not, no metrics have changed.</returns>
    public bool Judge(IReadOnlyList<RunDetail> runs, ExperimentFold fold)
    {
        var judgements = new List<(Run Run, StoredRun Judgement)>();
        foreach (Run run in runs.Select(RunOf))
        {
            budget.CountRun();
            try
            {
                if (Judge(run, fold) is { } judgement)
                    judgements.Add((run, judgement));
            }
            catch (OperationCanceledException) when (budget.Token.IsCancellationRequested)
            {
                return false;
            }
        }

        foreach (var (run, judgement) in judgements)
        {
            run.Add(judgement);
            report(run.Detail);
        }

        return true;
    }

    // The judgement of one fold; null if the strategy fails.
    private StoredRun? Judge(Run run, ExperimentFold fold)
    {
        if (store?.Find(run.Plan, fold.Number) is var (stored, _))
        {
            budget.AddEarlier(stored.Seconds);
            return stored;
        }

        PredictionRecord? predictions = run.Predictions is null ? null : new PredictionRecord();
        using var memory = new MemoryWatch();
        FewShotCurve curve = fold.Judging.TryEvaluate(run.Plan.Strategy(null, budget.Token), fold.Training, null, null, budget.Token, predictions);
        if (curve.Exception is not null)
            return null;
        var judgement = new StoredRun(curve.RuntimeInSeconds, memory.Peak, default, curve.Points, [], predictions);
        store?.Keep(run.Plan, fold.Number, judgement, null);
        return judgement;
    }

    /// <summary>The successful runs among which the best one is chosen: those that were judged on the most folds.</summary>
    public IEnumerable<RunDetail> Candidates()
    {
        RunDetail[] valid = [.. Details.Where(detail => !double.IsNaN(ScoreOf(detail)))];
        int folds = valid.Select(detail => detail.ValidationFolds).DefaultIfEmpty(0).Max();
        return valid.Where(detail => detail.ValidationFolds == folds);
    }

    /// <summary>The score of a run, with a sign such that higher is better; NaN if the run failed.</summary>
    public double ScoreOf(RunDetail detail) => RunRanking.ScoreOf(detail, metric);

    /// <summary>The best run among the selected runs; null if none succeeded.</summary>
    /// <param name="isSelected">Whether a run is selected.</param>
    /// <param name="judges">Whether a task takes part in the choice; null for all tasks that judged the runs.</param>
    public RunDetail? Best(Func<RunDetail, bool> isSelected, Func<string, bool>? judges = null) =>
        RunRanking.BestFirst(Details.Where(detail => isSelected(detail) && !double.IsNaN(RunRanking.ScoreOf(detail, metric, judges))), metric, judges).FirstOrDefault();

    /// <summary>The best run of each kind of strategy on the tasks of the first fold, which the later folds do not influence.</summary>
    public IEnumerable<RunDetail> FirstChoices() =>
        Enum.GetValues<StrategyKind>().Select(kind => Best(detail => detail.Kind == kind, IsOfFirstFold)).OfType<RunDetail>();

    /// <summary>The strategies that the verdict compares: the best one that learns across tasks and the best from scratch, on the tasks of the first fold; null if none succeeded.</summary>
    public (RunDetail? Across, RunDetail? Scratch) Compared() =>
        (Best(detail => detail.Kind != StrategyKind.FromScratch, IsOfFirstFold), Best(detail => detail.Kind == StrategyKind.FromScratch, IsOfFirstFold));

    /// <summary>Whether a task is one of the first fold: a validation task.</summary>
    public bool IsOfFirstFold(string task) => _firstTasks.Contains(task);

    private Run RunOf(RunDetail detail) => _runs.Find(run => ReferenceEquals(run.Detail, detail)) ?? throw new ArgumentException($"The run must be one of this runner; got '{detail.TrainerName}'.", nameof(detail));

    private TimeoutException TimeIsUp(double seconds, double share)
    {
        double estimate = share > 0 ? seconds / share : double.PositiveInfinity;
        ShortestEstimate = Math.Min(ShortestEstimate ?? double.PositiveInfinity, estimate);
        return new TimeoutException($"The run was stopped after {seconds:F1} s, when the experiment's time was used up; it takes {Duration(estimate, seconds)}.");
    }

    /// <summary>The duration of a run in words.</summary>
    internal static string Duration(double estimate, double atLeast) =>
        double.IsFinite(estimate) ? string.Create(CultureInfo.InvariantCulture, $"about {estimate:F1} s") : string.Create(CultureInfo.InvariantCulture, $"more than {atLeast:F1} s");

    private sealed class Run(PlannedRun plan, RunDetail detail, PredictionRecord? predictions)
    {
        public PlannedRun Plan => plan;

        public RunDetail Detail { get; set; } = detail;

        public PredictionRecord? Predictions => predictions;

        /// <summary>Adds the metrics and predictions of a further fold.</summary>
        public void Add(StoredRun judgement)
        {
            if (judgement.Predictions is { } added)
                predictions?.Add(added);
            Detail = Detail with
            {
                ValidationCurve = Detail.ValidationCurve!.With(judgement.Points),
                ValidationFolds = Detail.ValidationFolds + 1,
                CrossValidationInSeconds = Detail.CrossValidationInSeconds + judgement.Seconds,
                PeakMemory = Detail.PeakMemory.Or(judgement.Peak),
            };
        }
    }
}
