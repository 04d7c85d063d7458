using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Splits of data by task, and splits of each task into support and query.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Splits data by task into a training set and a test set. No task has rows in both sets. (ML.NET's TrainTestSplit splits keys by their number.)</summary>
    /// <param name="data">The data.</param>
    /// <param name="testFraction">The share of tasks in the test set; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">The seed of the split; null for the seed of the MLContext.</param>
    /// <param name="pipeline">The pipeline whose steps make the task; null if the task is in the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not between 0 and 1, or the column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks.</exception>
    public DataOperationsCatalog.TrainTestData TaskTrainTestSplit(IDataView data, double testFraction = 0.2, string taskColumnName = "Task", int? seed = null, IEstimator<ITransformer>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckFraction(testFraction, nameof(testFraction));
        IDataView[] parts = SplitByTask(data, taskColumnName, pipeline, seed, testFraction);
        return RowViews.Pair(parts[0], parts[1]);
    }

    /// <summary>Splits data by task into a training set, a validation set for the choice between models, and a test set for the evaluation of the chosen model.</summary>
    /// <param name="data">The data.</param>
    /// <param name="validationFraction">The share of tasks in the validation set; at least one task.</param>
    /// <param name="testFraction">The share of tasks in the test set; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">The seed of the split; null for the seed of the MLContext.</param>
    /// <param name="pipeline">The pipeline whose steps make the task; null if the task is in the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A fraction is not between 0 and 1, or the column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are too few tasks.</exception>
    public TaskSplit TaskTrainValidationTestSplit(
        IDataView data, double validationFraction = 0.2, double testFraction = 0.2, string taskColumnName = "Task", int? seed = null, IEstimator<ITransformer>? pipeline = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        CheckFraction(validationFraction, nameof(validationFraction));
        CheckFraction(testFraction, nameof(testFraction));
        IDataView[] parts = SplitByTask(data, taskColumnName, pipeline, seed, validationFraction, testFraction);
        return new TaskSplit(parts[0], parts[1], parts[2]);
    }

    /// <summary>Splits the rows of each task into support rows for adaptation and query rows for evaluation.</summary>
    /// <param name="data">The data, with labels. In a random support, classes keep their proportions, and each class has at least one row if the size allows it.</param>
    /// <param name="supportSize">The number of support rows of each task.</param>
    /// <param name="isPerClass">Whether the size is the number of support rows of each class of a task.</param>
    /// <param name="labelColumnName">The label: Boolean, key, text or Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">The seed of the split; null for the seed of the MLContext.</param>
    /// <param name="pipeline">The pipeline whose steps make the label or the task; null if both are in the data.</param>
    /// <param name="timeColumnName">The time column: number, DateTime, DateTimeOffset, TimeSpan or key. If it is set, the support is the first rows of each task, and the query is all later rows. Null: rows are drawn at random.</param>
    /// <param name="isInTimeOrder">Whether the rows of the data are in the order of time. If true, the split is the same as with a time column.</param>
    /// <exception cref="ArgumentException">The size is below 1, or a column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Tasks have too few rows, or a row has no task or no time.</exception>
    public SupportQuerySplit SupportQuerySplit(
        IDataView data, int supportSize, bool isPerClass = false, string labelColumnName = DefaultColumnNames.Label, string taskColumnName = "Task", int? seed = null, IEstimator<ITransformer>? pipeline = null,
        string? timeColumnName = null, bool isInTimeOrder = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        RowOrder order = new RowOrder(timeColumnName, isInTimeOrder).Checked(nameof(timeColumnName), nameof(isInTimeOrder));
        var options = new FewShotOptions { SupportSizes = [supportSize], IsPerClass = isPerClass };
        options.Validate();
        EvaluationRows rows = EvaluationRows.Read(_context, data, taskColumnName, pipeline is null ? [] : [new PipelinePreprocessing(pipeline)]).WithLabels(labelColumnName, order);
        var draws = new TaskDraws(rows.Rows, options, seed ?? Seed);
        var drawn = draws.Tasks.Select(task => draws.Draw(task, 0)).ToArray();
        return new SupportQuerySplit(RowFilter.ByPosition(rows.View, drawn.SelectMany(draw => draw.Supports[0])), RowFilter.ByPosition(rows.View, drawn.SelectMany(draw => draw.Query)));
    }

    // If the task is in the data, the views filter the rows when they are read. If a step makes the task, the rows are kept in memory.
    private IDataView[] SplitByTask(IDataView data, string taskColumn, IEstimator<ITransformer>? pipeline, int? seed, params double[] shares)
    {
        if (pipeline is null)
            return [.. new TaskSplitter(LabeledRows.ReadTasks(data, taskColumn), seed ?? Seed).Split(shares).Select(tasks => RowFilter.ByTask(data, taskColumn, tasks))];
        EvaluationRows rows = EvaluationRows.Read(_context, data, taskColumn, [new PipelinePreprocessing(pipeline)]);
        return [.. new TaskSplitter(rows.TaskNames, seed ?? Seed).Split(shares).Select(tasks => rows.Of(tasks).View)];
    }

    private static void CheckFraction(double fraction, string name)
    {
        if (!(fraction > 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(name, fraction, "The fraction must be between 0 and 1.");
    }
}
