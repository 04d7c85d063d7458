using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Metrics of each task, few-shot evaluation and cross-validation.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Computes the metrics of each task from scored rows, and summarises them over tasks.</summary>
    /// <param name="data">Scored rows: the result of a model's Transform.</param>
    /// <param name="labelColumnName">The label: Boolean (binary), key or text (multiclass), Single (regression). Its type decides the metrics.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="scoreColumnName">The score: Single; a vector of Single for multiclass labels.</param>
    /// <param name="probabilityColumnName">Binary labels: the probability of the positive class, for the log-loss. Without such a column the log-loss is NaN.</param>
    /// <param name="predictedLabelColumnName">Multiclass labels: the predicted label. Its key values are the names of the score's slots.</param>
    /// <returns>ML.NET's metrics for each task, with macro means, 95 % intervals over tasks, row-weighted means and worst deciles.</returns>
    /// <remarks>
    /// The metrics equal those of ML.NET's Evaluate on the rows of the task. A metric that is undefined for a task is NaN. The means
    /// leave it out and count it. Undefined are AUC and AUPRC of a task with one class, recall of a task without positive rows, and
    /// R² of a task with equal labels. If no positive row is found, F1 is 0, and ML.NET gives NaN.
    /// </remarks>
    /// <example>
    /// <code>
    /// TaskEvaluation evaluation = ml.MetaLearning().EvaluateTasks(model.Transform(queryRows), "Demand", "Store");
    /// Console.WriteLine(evaluation[TaskMetric.RootMeanSquaredError].Macro);
    /// </code>
    /// </example>
    /// <exception cref="ArgumentException">The label is an output of the trainer, or an output hides the task.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task.</exception>
    public TaskEvaluation EvaluateTasks(
        IDataView data,
        string labelColumnName = DefaultColumnNames.Label,
        string taskColumnName = "Task",
        string scoreColumnName = DefaultColumnNames.Score,
        string probabilityColumnName = DefaultColumnNames.Probability,
        string predictedLabelColumnName = DefaultColumnNames.PredictedLabel)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new TaskEvaluator(_context).Evaluate(data, labelColumnName, taskColumnName, new ScoreReader(scoreColumnName, probabilityColumnName, predictedLabelColumnName));
    }

    /// <summary>Evaluates strategies on tasks that they were not trained on. Each strategy learns from support rows of these tasks and scores the query rows.</summary>
    /// <param name="data">The tasks of the evaluation, with labels, before any step of a strategy's pipeline.</param>
    /// <param name="strategies">The strategies to compare, with different names.</param>
    /// <param name="trainingData">The training tasks of the strategies; null if all strategies have fitted models or learn from scratch. No task may be in both data views.</param>
    /// <param name="labelColumnName">The label, in the data or made by a step of a strategy's pipeline: Boolean, key, text or Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by a step of a strategy's pipeline: text or key.</param>
    /// <param name="options">The options of the draws; null for the defaults.</param>
    /// <param name="progress">Receives a report after each evaluated model.</param>
    /// <param name="cancellationToken">Cancels between two models.</param>
    /// <returns>A curve for each strategy. The curve of a failed strategy has its exception and the points that were finished before.</returns>
    /// <remarks>
    /// All strategies have the same draws of support and query. Query rows pass through the fitted pipeline with their labels, since
    /// its steps may need the label column. Fit and Adapt never receive a query row.
    /// </remarks>
    /// <exception cref="ArgumentException">An option is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows or were trained on, or all strategies failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <example>
    /// <code>
    /// var split = ml.MetaLearning().TaskTrainTestSplit(trainingTasks, taskColumnName: "Store");
    /// FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    ///     split.TestSet,
    ///     [
    ///         LearningStrategy.MetaLearned("meta-learned", ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store")),
    ///         LearningStrategy.FromScratch("from scratch", ml.Regression.Trainers.Sdca(new() { LabelColumnName = "Demand", BiasLearningRate = 0 })), // a penalty of the intercept, for few rows
    ///     ],
    ///     split.TrainSet, labelColumnName: "Demand", taskColumnName: "Store");
    /// Console.WriteLine(result.Compare("meta-learned", "from scratch").Gain);
    /// </code>
    /// </example>
    public FewShotEvaluation EvaluateFewShot(
        IDataView data,
        IEnumerable<LearningStrategy> strategies,
        IDataView? trainingData = null,
        string labelColumnName = DefaultColumnNames.Label,
        string taskColumnName = "Task",
        FewShotOptions? options = null,
        IProgress<FewShotProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(strategies);
        LearningStrategy[] all = [.. strategies];
        FewShotOptions draws = Validated(options);
        EvaluationRows rows = Read(data, taskColumnName, all, cancellationToken).WithLabels(labelColumnName, draws.Order, cancellationToken);
        EvaluationRows? training = trainingData is null ? null : Read(trainingData, taskColumnName, all, cancellationToken);
        return new FewShotEvaluator(_context, rows, draws).Evaluate(all, training, progress, cancellationToken);
    }

    /// <summary>Evaluates strategies on every task by cross-validation with k folds over tasks. In each fold, strategies learn from the tasks of the other folds and are evaluated on the tasks of the fold, as by <see cref="EvaluateFewShot"/>.</summary>
    /// <param name="data">All tasks, with labels.</param>
    /// <param name="strategies">The strategies to compare, with different names.</param>
    /// <param name="numberOfFolds">The number of folds k, at least 2.</param>
    /// <param name="labelColumnName">The label, in the data or made by a step of a strategy's pipeline: Boolean, key, text or Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by a step of a strategy's pipeline: text or key.</param>
    /// <param name="options">The options of the draws; null for the defaults.</param>
    /// <param name="progress">Receives a report after each evaluated model.</param>
    /// <param name="cancellationToken">Cancels between two models.</param>
    /// <exception cref="ArgumentException">An option is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks, tasks have too few rows, or all strategies failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <example>
    /// The rows of the data are in the order of time, and every support precedes its query.
    /// <code>
    /// TaskCrossValidation result = ml.MetaLearning().CrossValidateTasks(
    ///     trainingTasks,
    ///     [LearningStrategy.MetaLearned("meta-learned", ml.Regression.Trainers.MetaLearner("Demand", taskColumnName: "Store"))],
    ///     numberOfFolds: 4, labelColumnName: "Demand", taskColumnName: "Store", options: new FewShotOptions { IsInTimeOrder = true });
    /// Console.WriteLine(result.Overall);
    /// </code>
    /// </example>
    public TaskCrossValidation CrossValidateTasks(
        IDataView data,
        IEnumerable<LearningStrategy> strategies,
        int numberOfFolds = 5,
        string labelColumnName = DefaultColumnNames.Label,
        string taskColumnName = "Task",
        FewShotOptions? options = null,
        IProgress<FewShotProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(strategies);
        ArgumentOutOfRangeException.ThrowIfLessThan(numberOfFolds, 2);
        LearningStrategy[] all = [.. strategies];
        FewShotOptions draws = Validated(options);
        EvaluationRows rows = Read(data, taskColumnName, all, cancellationToken);
        var split = new TaskSplitter(rows.TaskNames, draws.Seed ?? Seed).Folds(numberOfFolds);
        rows = rows.WithLabels(labelColumnName, draws.Order, cancellationToken);
        FewShotEvaluation[] folds = [.. split.Select(fold => new FewShotEvaluator(_context, rows.Of(fold.HeldOut), draws).Evaluate(all, rows.Of(fold.Training), progress, cancellationToken))];
        return new TaskCrossValidation(folds, FoldMerge.Merge(folds));
    }

    private EvaluationRows Read(IDataView data, string taskColumn, IEnumerable<LearningStrategy> strategies, CancellationToken cancellationToken) =>
        EvaluationRows.Read(_context, data, taskColumn, [.. strategies.Select(strategy => strategy.Preprocessing).OfType<IPreprocessing>()], cancellationToken);

    private static FewShotOptions Validated(FewShotOptions? options)
    {
        FewShotOptions validated = (options ?? new()) with { };
        validated.Validate();
        return validated;
    }

    private int Seed => HostSettings.Seed(_context) ?? 0;
}
