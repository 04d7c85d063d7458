using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Metrics per task, few-shot evaluation, splits by task.</content>
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
    /// <param name="data">The tasks to judge on, with labels: Boolean, key or text, Single, before any step of a strategy's pipeline.</param>
    /// <param name="strategies">What to compare, each with a name of its own.</param>
    /// <param name="trainingData">The tasks that strategies learn across; null where all are fitted models or learn from scratch. No task may be in both.</param>
    /// <param name="labelColumnName">The label.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
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
        return new FewShotEvaluator(_context, data, labelColumnName, taskColumnName, options ?? new(), cancellationToken)
            .Evaluate([.. strategies], trainingData, progress, cancellationToken);
    }

    /// <summary>Judges strategies on every task: k folds over tasks, and the held-out tasks are adapted to before they are judged.</summary>
    /// <param name="data">All tasks, with labels.</param>
    /// <param name="strategies">What to compare, each with a name of its own.</param>
    /// <param name="numberOfFolds">At least 2.</param>
    /// <param name="labelColumnName">The label.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
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
        FewShotEvaluation[] folds =
        [
            .. new TaskSplitter(data, taskColumnName, options?.Seed ?? Seed).Folds(numberOfFolds)
                .Select(fold => EvaluateFewShot(fold.HeldOut, all, fold.Training, labelColumnName, taskColumnName, options, progress, cancellationToken)),
        ];
        return new TaskCrossValidation(folds, TaskSplitter.Merge(folds));
    }

    /// <summary>Splits data by task: no task has rows on both sides. ML.NET's own TrainTestSplit splits keys by their number.</summary>
    /// <param name="data">The data.</param>
    /// <param name="testFraction">Share of the tasks on the test side; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not between 0 and 1, or the column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks.</exception>
    public DataOperationsCatalog.TrainTestData TaskTrainTestSplit(IDataView data, double testFraction = 0.2, string taskColumnName = "Task", int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckFraction(testFraction, nameof(testFraction));
        IDataView[] parts = new TaskSplitter(data, taskColumnName, seed ?? Seed).Split(testFraction);
        return RowViews.Pair(parts[0], parts[1]);
    }

    /// <summary>Splits data by task into tasks to learn from, to choose by, and to judge what was chosen.</summary>
    /// <param name="data">The data.</param>
    /// <param name="validationFraction">Share of the tasks to choose by; at least one task.</param>
    /// <param name="testFraction">Share of the tasks to judge by; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A fraction is not between 0 and 1, or the column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks.</exception>
    public TaskSplit TaskTrainValidationTestSplit(
        IDataView data, double validationFraction = 0.2, double testFraction = 0.2, string taskColumnName = "Task", int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckFraction(validationFraction, nameof(validationFraction));
        CheckFraction(testFraction, nameof(testFraction));
        IDataView[] parts = new TaskSplitter(data, taskColumnName, seed ?? Seed).Split(validationFraction, testFraction);
        return new TaskSplit(parts[0], parts[1], parts[2]);
    }

    /// <summary>Splits each task's rows into those to adapt on and those to be judged on.</summary>
    /// <param name="data">The data, with labels: classes keep their proportions in the support, and each has at least a row where the size allows.</param>
    /// <param name="supportSize">Support rows of each task.</param>
    /// <param name="isPerClass">Whether the size is that of each class of a task.</param>
    /// <param name="labelColumnName">The label: Boolean, key or text, Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
    /// <exception cref="ArgumentException">The size is below 1, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows.</exception>
    public SupportQuerySplit SupportQuerySplit(
        IDataView data, int supportSize, bool isPerClass = false, string labelColumnName = DefaultColumnNames.Label, string taskColumnName = "Task", int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var options = new FewShotOptions { SupportSizes = [supportSize], IsPerClass = isPerClass };
        options.Validate();
        LabeledRows rows = LabeledRows.Read(data, labelColumnName, taskColumnName);
        var draws = new TaskDraws(rows, options, seed ?? Seed);
        var drawn = draws.Tasks.Select(task => draws.Draw(task, 0)).ToArray();
        return new SupportQuerySplit(RowFilter.ByPosition(data, drawn.SelectMany(draw => draw.Supports[0])), RowFilter.ByPosition(data, drawn.SelectMany(draw => draw.Query)));
    }

    private int Seed => HostSettings.Seed(_context) ?? 0;

    private static void CheckFraction(double fraction, string name)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(name, fraction, "The fraction must be between 0 and 1.");
    }
}
