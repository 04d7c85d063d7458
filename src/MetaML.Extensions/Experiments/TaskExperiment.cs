using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Experiments;
using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Experiments.Search;
using MetaML.Extensions.Experiments.Strategies;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>
/// Compares meta-learned, joint, pooled and from-scratch strategies on the same tasks, with the same draws and within one time
/// limit. <see cref="MetaLearningCatalog.CreateExperiment(TaskExperimentSettings)"/> creates it.
/// </summary>
/// <remarks>
/// Strategies learn from the training tasks. The validation tasks decide the best run of each kind. These runs are evaluated on the
/// test tasks, once. The verdict on learning across tasks judges each validation task by the strategies that the other validation
/// tasks choose, and each test task by those that the validation tasks choose, so that no task judges its own choice.
/// The best strategy is then fitted again to training and validation tasks together.
/// </remarks>
public sealed class TaskExperiment
{
    // Above this share of one class, a constant prediction has a high accuracy.
    private const double LargestShareForAccuracy = 0.8;

    private readonly MLContext _context;
    private readonly TaskExperimentSettings _settings;

    internal TaskExperiment(MLContext context, TaskExperimentSettings settings)
    {
        settings.Validate();
        _context = context;
        _settings = settings with { };
    }

    /// <summary>Runs the experiment, and holds out some of the given tasks for validation and for the test.</summary>
    /// <param name="trainData">All tasks.</param>
    /// <param name="labelColumnName">The label, in the data or made by the featurizer: Boolean, key, text or Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by the featurizer: text or key.</param>
    /// <param name="featureColumnName">The features: vector of Single, in the data or made by the featurizer.</param>
    /// <param name="preFeaturizer">The steps before every trainer. They are fitted to the rows that the strategy learns from. Null for no steps.</param>
    /// <param name="progressHandler">Receives each run when it ends, and again when it was judged on a further fold of tasks.</param>
    /// <exception cref="ArgumentException">A setting is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks, or tasks have too few rows.</exception>
    /// <exception cref="ExperimentException">No strategy gave a result. The exception contains all runs.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before any strategy gave a result.</exception>
    public ExperimentResult Execute(
        IDataView trainData,
        string labelColumnName = DefaultColumnNames.Label,
        string taskColumnName = "Task",
        string featureColumnName = DefaultColumnNames.Features,
        IEstimator<ITransformer>? preFeaturizer = null,
        IProgress<RunDetail>? progressHandler = null)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var columns = new ExperimentColumns(labelColumnName, taskColumnName, featureColumnName);
        EvaluationRows rows = Read(trainData, columns, preFeaturizer);
        double[] shares = _settings.TestFraction > 0 ? [_settings.ValidationFraction, _settings.TestFraction] : [_settings.ValidationFraction];
        TaskGroups groups = TaskGroups.Read(rows, _settings.TaskGroupColumnName);
        TaskSplitter splitter = _settings.SplitsByTime ? TaskSplitter.InOrder(groups.NamesByTime()) : new TaskSplitter(groups.Names, Seed);
        EvaluationRows[] parts = [.. splitter.Split(shares).Select(groups.TasksOf).Select(rows.Of)];
        return Execute(new ExperimentData(_context, Draws(rows), parts[0], parts[1], parts.ElementAtOrDefault(2), rows, _settings.SplitsByTime ? null : groups), columns, preFeaturizer, progressHandler);
    }

    /// <summary>Runs the experiment on tasks that are already split, for example by <see cref="MetaLearningCatalog.TaskTrainValidationTestSplit"/>.</summary>
    /// <param name="trainData">The training tasks.</param>
    /// <param name="validationData">The validation tasks, which decide the best strategy.</param>
    /// <param name="testData">The test tasks, for the evaluation of the chosen strategies; null for no test.</param>
    /// <param name="labelColumnName">The label, in the data or made by the featurizer: Boolean, key, text or Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by the featurizer: text or key.</param>
    /// <param name="featureColumnName">The features: vector of Single, in the data or made by the featurizer.</param>
    /// <param name="preFeaturizer">The steps before every trainer. They are fitted to the rows that the strategy learns from. Null for no steps.</param>
    /// <param name="progressHandler">Receives each run when it ends, and again when it was judged on a further fold of tasks.</param>
    /// <exception cref="ArgumentException">A setting is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows, or are on both sides of the split.</exception>
    /// <exception cref="ExperimentException">No strategy gave a result. The exception contains all runs.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before any strategy gave a result.</exception>
    public ExperimentResult Execute(
        IDataView trainData,
        IDataView validationData,
        IDataView? testData = null,
        string labelColumnName = DefaultColumnNames.Label,
        string taskColumnName = "Task",
        string featureColumnName = DefaultColumnNames.Features,
        IEstimator<ITransformer>? preFeaturizer = null,
        IProgress<RunDetail>? progressHandler = null)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(validationData);
        var columns = new ExperimentColumns(labelColumnName, taskColumnName, featureColumnName);
        EvaluationRows training = Read(trainData, columns, preFeaturizer), validation = Read(validationData, columns, preFeaturizer);
        EvaluationRows? test = testData is null ? null : Read(testData, columns, preFeaturizer);
        return Execute(new ExperimentData(_context, Draws(training), training, validation, test, null, null), columns, preFeaturizer, progressHandler);
    }

    // The label or the task can be made by a step of the featurizer or of an added strategy.
    private EvaluationRows Read(IDataView data, ExperimentColumns columns, IEstimator<ITransformer>? preFeaturizer) => EvaluationRows.Read(
        _context,
        data,
        columns.Task,
        [.. preFeaturizer is null ? Array.Empty<IPreprocessing>() : [new PipelinePreprocessing(preFeaturizer)], .. _settings.Strategies.Select(strategy => strategy.Preprocessing).OfType<IPreprocessing>()],
        _settings.CancellationToken).WithLabels(columns.Label, _settings.FewShot.Order, _settings.CancellationToken);

    private ExperimentResult Execute(ExperimentData data, ExperimentColumns columns, IEstimator<ITransformer>? preFeaturizer, IProgress<RunDetail>? progressHandler)
    {
        var plan = new StrategyPlan(_context, _settings with { Seed = Seed }, columns, data.Validation.Kind, data.Training.Schema, preFeaturizer);
        TaskMetric metric = data.Validation.Metric;

        using IChannel channel = ((IHostEnvironment)_context).Register(nameof(TaskExperiment)).Start("Experiment");
        using var budget = new ExperimentBudget(_settings);
        DateTimeOffset started = DateTimeOffset.UtcNow;
        RunStore? store = _settings.CheckpointFolder is null ? null : new RunStore(_context, _settings with { Seed = Seed }, columns, data);
        var runner = new ExperimentRunner(data.Validation, data.Training, metric, budget, new ModelLimits(_context, _settings), store, detail =>
        {
            channel.Info($"{detail.TrainerName}: {(detail.Exception is { } failure ? $"failed, {failure.Message}" : $"{metric.DisplayName()} {detail.Score}")}{(detail.ValidationFolds > 1 ? $" on {detail.ValidationFolds} folds" : "")}, {detail.RuntimeInSeconds:F1} s.");
            progressHandler?.Report(detail);
        });
        ExperimentEnd end = Search(runner, plan, budget, data, metric);
        double searchSeconds = budget.ElapsedSeconds;
        RunDetail best = runner.Best(_ => true) ?? throw NoResult(runner, budget, end);
        return new ExperimentConclusion(_context, _settings with { Seed = Seed }, data, runner, metric).ToResult(best, columns, started, searchSeconds, end);
    }

    private int Seed => _settings.Seed ?? HostSettings.Seed(_context) ?? 0;

    private FewShotOptions Draws(EvaluationRows rows) => _settings.FewShot with
    {
        Metric = _settings.OptimizingMetric ?? _settings.FewShot.Metric ?? (_settings.FewShot.OwnMetric is null && rows.Rows.LargestClassShare > LargestShareForAccuracy ? TaskMetric.LogLoss : null),
        Seed = Seed,
    };

    // Strategies outside the search run first, in half of the budget. Then the meta-learned ones are searched. The remaining time is
    // for the strategies that had to wait, for better numeric options of the best ones, and for the cross-validation of the leading ones.
    private ExperimentEnd Search(ExperimentRunner runner, StrategyPlan plan, ExperimentBudget budget, ExperimentData data, TaskMetric metric)
    {
        IReadOnlyList<MetaCandidate> candidates = plan.Candidates();
        double share = candidates.Count > 0 ? 0.5 : 1;
        int models = _settings.MaxModels is { } maximum ? Math.Max(1, (int)(share * maximum)) : int.MaxValue;
        var waiting = new Queue<PlannedRun>(plan.Plain());
        while (waiting.Count > 0 && !budget.IsSpent && runner.Details.Count < models && budget.ElapsedSeconds <= share * budget.Seconds)
            runner.Execute(waiting.Dequeue());

        var halving = new SuccessiveHalving(budget, _settings.ReductionFactor, _settings.MetaLearner.MaximumNumberOfIterations);
        bool isAllTried = halving.Run(candidates, (candidate, iterations, round) =>
        {
            RunDetail detail = runner.Execute(plan.Run(candidate, iterations, round));
            return (runner.ScoreOf(detail), detail.LearningCurve.Count > 0);
        });
        while (waiting.Count > 0 && !budget.IsSpent)
            runner.Execute(waiting.Dequeue());
        isAllTried &= waiting.Count == 0;
        if (_settings.SearchesOptions)
            isAllTried &= new OptionSearch(runner, budget, Seed).Run(plan.Tunable(), share: _settings.CrossValidatesLeaders ? 0.5 : 1);
        if (_settings.CrossValidatesLeaders)
            isAllTried &= new LeaderCrossValidation(runner, budget, metric).Run(data.OtherFolds);
        return budget.End(isAllTried);
    }

    private Exception NoResult(ExperimentRunner runner, ExperimentBudget budget, ExperimentEnd end)
    {
        if (end == ExperimentEnd.Cancelled)
            return new OperationCanceledException("The experiment was cancelled before any strategy gave a result.", _settings.CancellationToken);
        if (runner.ShortestEstimate is { } estimate)
        {
            return new ExperimentException(
                $"TaskExperimentSettings.MaxExperimentTimeInSeconds must be long enough for one run; got {budget.Seconds}. One run takes {ExperimentRunner.Duration(estimate, budget.Seconds)}. Allow more time, or lower FewShot.Draws or MetaLearner.MaximumNumberOfIterations.",
                runner.Details[0].Exception) { RunDetails = runner.Details };
        }

        return new ExperimentException(
            $"At least one strategy must succeed; got {runner.Details.Count} that failed. {string.Join(" ", runner.Details.Select(detail => $"'{detail.TrainerName}': {detail.Exception!.Message}"))}",
            runner.Details.Select(detail => detail.Exception).FirstOrDefault()) { RunDetails = runner.Details };
    }
}
