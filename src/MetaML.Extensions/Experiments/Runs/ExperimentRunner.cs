using System.Diagnostics;
using System.Globalization;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Experiments.Results;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Runs strategies on the training and validation tasks. If a strategy throws an exception, the exception is part of its run.</summary>
internal sealed class ExperimentRunner(FewShotEvaluator evaluator, IDataView training, TaskMetric metric, ExperimentBudget budget, Action<RunDetail> report)
{
    private readonly HashSet<string> _firstTasks = [.. evaluator.TaskNames];
    private readonly List<Run> _runs = [];

    public IReadOnlyList<RunDetail> Details => [.. _runs.Select(run => run.Detail)];

    /// <summary>The shortest estimated duration of an interrupted run, in seconds; null if no run was interrupted.</summary>
    public double? ShortestEstimate { get; private set; }

    /// <summary>The plan of a run, which can repeat it.</summary>
    public PlannedRun PlanOf(RunDetail detail) => RunOf(detail).Plan;

    /// <summary>The predictions of a run for all tasks that judged it; null if the strategy has no model before it has rows of a task.</summary>
    public PredictionRecord? PredictionsOf(RunDetail detail) => RunOf(detail).Predictions;

    /// <summary>Runs one strategy.</summary>
    public RunDetail Execute(PlannedRun plan)
    {
        budget.CountRun();
        using var memory = new MemoryWatch();
        var clock = Stopwatch.StartNew();
        var points = new List<FewShotPoint>();
        double learned = 0, evaluated = 0;
        var recorder = new LearningRecorder(share => learned = share);
        LearningStrategy? strategy = null;
        ITransformer? model = null;
        PredictionRecord? predictions = null;
        Exception? exception = null;
        try
        {
            budget.Token.ThrowIfCancellationRequested();
            strategy = plan.Strategy(recorder, budget.Token);
            model = strategy.Learn(training);
            learned = 1;
            int done = 0, total = evaluator.StepsOf(strategy);
            predictions = model is null ? null : new PredictionRecord();
            evaluator.Evaluate(strategy, model, training, points, () => evaluated = (double)++done / total, budget.Token, predictions);
            if (points.All(point => double.IsNaN(point.Evaluation[metric].Macro.Mean)))
                throw new InvalidOperationException($"The metric must be defined for some validation task; got NaN for {metric} on all of them. Strategies cannot be compared by it. Choose another metric, or give tasks more rows.");
        }
        catch (OperationCanceledException) when (budget.Token.IsCancellationRequested && !budget.IsCancelled)
        {
            exception = TimeIsUp(clock.Elapsed.TotalSeconds, recorder.HasSteps ? (learned + evaluated) / 2 : evaluated);
        }
        catch (Exception failure) // an estimator of a user can throw any exception
        {
            exception = failure;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        var detail = new RunDetail
        {
            TrainerName = plan.Name,
            Kind = plan.Kind,
            Options = strategy?.Options ?? "",
            Metric = metric,
            RuntimeInSeconds = seconds,
            PeakMemory = memory.Peak,
            MaximumNumberOfIterations = plan.Iterations,
            Round = plan.Round,
            Estimator = plan.Estimator,
            Model = exception is null ? model : null,
            ValidationCurve = strategy is null ? null : FewShotEvaluator.Curve(strategy, points, seconds, exception),
            LearningCurve = recorder.Curve,
            Exception = exception,
        };
        _runs.Add(new Run(plan, detail, exception is null ? predictions : null));
        report(detail);
        return detail;
    }

    /// <summary>Judges runs on a further fold. Their metrics then also contain those of its tasks.</summary>
    /// <param name="runs">The runs. One that fails on the fold keeps its metrics.</param>
    /// <param name="fold">The fold.</param>
    /// <returns>Whether all runs were judged before the time was up; if not, no metrics have changed.</returns>
    public bool Judge(IReadOnlyList<RunDetail> runs, ExperimentFold fold)
    {
        var judgements = new List<(Run Run, FewShotCurve Curve, PredictionRecord Predictions, PeakMemory Peak)>();
        foreach (Run run in runs.Select(RunOf))
        {
            budget.CountRun();
            var predictions = new PredictionRecord();
            using var memory = new MemoryWatch();
            try
            {
                FewShotCurve curve = fold.Judging.TryEvaluate(run.Plan.Strategy(null, budget.Token), fold.Training, null, null, budget.Token, run.Predictions is null ? null : predictions);
                judgements.Add((run, curve, predictions, memory.Peak));
            }
            catch (OperationCanceledException) when (budget.Token.IsCancellationRequested)
            {
                return false;
            }
        }

        foreach (var (run, curve, predictions, peak) in judgements.Where(judgement => judgement.Curve.Exception is null))
        {
            RunDetail before = run.Detail;
            run.Predictions?.Add(predictions);
            run.Detail = before with
            {
                ValidationCurve = before.ValidationCurve!.With(curve),
                ValidationFolds = before.ValidationFolds + 1,
                CrossValidationInSeconds = before.CrossValidationInSeconds + curve.RuntimeInSeconds,
                PeakMemory = before.PeakMemory.Or(peak),
            };
            report(run.Detail);
        }

        return true;
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
    }
}
