using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Metrics per task, few-shot evaluation.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Judges each task of scored rows, and sums up over tasks.</summary>
    /// <param name="data">What a model's Transform returned.</param>
    /// <param name="labelColumnName">The label: Boolean (binary), key or text (multiclass), Single (regression), which decides the metrics.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="scoreColumnName">The score: Single, for multiclass a vector of Single.</param>
    /// <param name="probabilityColumnName">Binary: the probability of yes, for log-loss, which is NaN where there is no such column.</param>
    /// <param name="predictedLabelColumnName">Multiclass: the predicted label, whose key values name the score's slots.</param>
    /// <returns>ML.NET's metrics for each task; their macro and row-weighted means, 95 % interval over tasks, and worst decile.</returns>
    /// <remarks>
    /// Metrics equal those of ML.NET's Evaluate on the task's rows. What is undefined for a task is NaN and left out of the
    /// means, with a count: AUC and AUPRC of a task with one class, recall of a task without positive rows, R² of labels that
    /// never vary. F1 is 0 where ML.NET gives NaN because no positive row was found.
    /// </remarks>
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

    /// <summary>Judges strategies on tasks that were not trained on: draws support of each size, learns, scores the rest; the same draws for all strategies.</summary>
    /// <param name="data">The tasks to evaluate on, with labels, before any step of a strategy's pipeline.</param>
    /// <param name="strategies">What to compare, each with a name of its own.</param>
    /// <param name="trainingData">The tasks that strategies learn across; null where all are fitted models or learn from scratch. No task may be in both.</param>
    /// <param name="labelColumnName">The label, in the data or made by a step of a strategy's pipeline: Boolean, key or text, Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by a step of a strategy's pipeline: text or key.</param>
    /// <param name="options">How to draw; null for the defaults.</param>
    /// <param name="progress">Told of every model that was judged.</param>
    /// <param name="cancellationToken">Stops between two models.</param>
    /// <returns>A curve for each strategy; one that fails has an exception and what it finished.</returns>
    /// <remarks>Query rows keep their labels on their way through a fitted pipeline, which may name that column; no Fit or Adapt is ever given one.</remarks>
    /// <exception cref="ArgumentException">An option is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows or were trained on, or all strategies failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
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

    /// <summary>Judges strategies on every task: k folds over tasks, and the held-out tasks are adapted to before they are judged.</summary>
    /// <param name="data">All tasks, with labels.</param>
    /// <param name="strategies">What to compare, each with a name of its own.</param>
    /// <param name="numberOfFolds">At least 2.</param>
    /// <param name="labelColumnName">The label, in the data or made by a step of a strategy's pipeline: Boolean, key or text, Single.</param>
    /// <param name="taskColumnName">The task, in the data or made by a step of a strategy's pipeline: text or key.</param>
    /// <param name="options">How to draw; null for the defaults.</param>
    /// <param name="progress">Told of every model that was judged.</param>
    /// <param name="cancellationToken">Stops between two models.</param>
    /// <exception cref="ArgumentException">An option is outside its range, the metric does not fit the labels, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks, tasks have too few rows, or all strategies failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
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
