using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.Extensions.Evaluation.Splits;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <content>Splits by task, and of each task into support and query.</content>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Splits data by task: no task has rows on both sides. ML.NET's own TrainTestSplit splits keys by their number.</summary>
    /// <param name="data">The data.</param>
    /// <param name="testFraction">Share of the tasks on the test side; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
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

    /// <summary>Splits data by task into tasks to learn from, to choose by, and to judge what was chosen.</summary>
    /// <param name="data">The data.</param>
    /// <param name="validationFraction">Share of the tasks to choose by; at least one task.</param>
    /// <param name="testFraction">Share of the tasks to judge by; at least one task.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
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

    /// <summary>Splits each task's rows into those to adapt on and those to be judged on.</summary>
    /// <param name="data">The data, with labels: classes keep their proportions in the support, and each has at least a row where the size allows.</param>
    /// <param name="supportSize">Support rows of each task.</param>
    /// <param name="isPerClass">Whether the size is that of each class of a task.</param>
    /// <param name="labelColumnName">The label: Boolean, key or text, Single.</param>
    /// <param name="taskColumnName">The task: text or key.</param>
    /// <param name="seed">Null for the MLContext's.</param>
    /// <param name="pipeline">The pipeline whose steps make the label or the task; null if both are in the data.</param>
    /// <param name="timeColumnName">The column of time, if the support must be before the query: number, DateTime, DateTimeOffset, TimeSpan or key. The support is the first rows of each task, and the query is all later rows. Null: rows are drawn at random.</param>
    /// <param name="isInTimeOrder">The same if the rows of the data are in the order of time.</param>
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

    // Rows are filtered by the task that they have, as they are read; if a step makes the task, the rows are in memory.
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
