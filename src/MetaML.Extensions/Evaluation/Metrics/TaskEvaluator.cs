using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Evaluates each task of a scored data view.</summary>
internal sealed class TaskEvaluator(IHostEnvironment env)
{
    private readonly IHost _host = env.Register(nameof(TaskEvaluator));

    /// <summary>Reads the rows once, and evaluates each task.</summary>
    public TaskEvaluation Evaluate(IDataView scored, string labelColumn, string taskColumn, ScoreReader reader)
    {
        LabelKind kind = LabelKinds.Of(scored.Schema, labelColumn, reader.ScoreColumn);
        ColumnNames.CheckTask(scored.Schema, taskColumn);
        DataViewSchema.Column label = scored.Schema[labelColumn], task = scored.Schema[taskColumn];
        IEnumerable<DataViewSchema.Column> scores = reader.Columns(scored.Schema, kind);
        CheckNoOutput(scored, labelColumn, taskColumn, reader.ScoreColumn);
        using DataViewRowCursor cursor = scored.GetRowCursor([.. new[] { label, task }.Concat(scores).DistinctBy(column => column.Index)]);
        var classes = new NameNumbers();
        Action<int, float, TaskScores> add = reader.Adder(cursor, labelColumn, kind, classes);
        Func<float> getLabel = LabelGetter.Of(cursor, label, kind, classes);
        Func<string?> getTask = TaskNames.Getter(cursor, taskColumn);
        var names = new NameNumbers();
        var tasks = new List<TaskScores>();
        for (int row = 0; cursor.MoveNext(); row++)
        {
            int number = names.Of(getTask() ?? throw TaskNames.Missing(task, cursor.Position));
            if (number == tasks.Count)
                tasks.Add(new TaskScores());
            if (getLabel() is var value && !float.IsNaN(value))
                add(row, value, tasks[number]);
        }

        var evaluation = new TaskEvaluation(kind, [.. tasks.Select((rows, i) => Metrics(kind, classes.Names, names.Names[i], rows))]);
        UnscoredRows.Warn(_host, evaluation);
        return evaluation;
    }

    /// <summary>The metrics of a task by name.</summary>
    public static IReadOnlyDictionary<TaskMetric, double> Named(LabelKind kind, double[] values) =>
        kind.Metrics().Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);

    // An output as the task is an error only if it hides another column of this name. Otherwise the caller chose it on purpose.
    private static void CheckNoOutput(IDataView scored, string label, string task, string score)
    {
        if (OutputOrigin.IsOutput(scored, label, score))
            throw new ArgumentException($"The label column must not be an output of the trainer, or made of one; got '{label}', which is. The scores of every model would be compared with themselves. Give the label a name that no output has, and leave steps that replace it out of the chain.", nameof(label));
        if (scored.Schema.Count(column => column.Name == task) > 1 && OutputOrigin.IsOutput(scored, task, score))
            throw new ArgumentException($"The task column must not be an output of the trainer; got '{task}', which an output hides. Rows would be sorted into other tasks. Give the task a name that no output has.", nameof(task));
    }

    private TaskMetrics Metrics(LabelKind kind, IReadOnlyList<string> classes, string name, TaskScores task)
    {
        var values = Named(kind, MetricCalculator.Compute(kind, task));
        var reliability = new ReliabilitySums();
        reliability.Add(kind, task);
        var metrics = new TaskMetrics { Task = name, Reliability = reliability, RowCount = task.Count, UnscoredRows = task.UnscoredRows, Values = values };
        if (task.Count == 0)
            return metrics;
        return kind switch
        {
            LabelKind.Binary => metrics with
            {
                Binary = MetricTypes.Binary(_host, metrics[TaskMetric.AreaUnderRocCurve], metrics[TaskMetric.AreaUnderPrecisionRecallCurve], metrics[TaskMetric.F1Score], MetricCalculator.Confusion(task)),
            },
            LabelKind.Multiclass => metrics with { Multiclass = Multiclass(metrics, task, classes) },
            _ => metrics with
            {
                Regression = MetricTypes.Regression(metrics[TaskMetric.MeanAbsoluteError], metrics[TaskMetric.RootMeanSquaredError], metrics[TaskMetric.RSquared]),
            },
        };
    }

    // The metrics cover the classes that occur in the task as a label or as a prediction.
    private MulticlassClassificationMetrics Multiclass(TaskMetrics metrics, TaskScores task, IReadOnlyList<string> names)
    {
        int[] classes = [.. task.Labels.Concat(task.Scores).Where(number => number >= 0).Select(number => (int)number).Distinct().Order()];
        double[][] counts = [.. classes.Select(_ => new double[classes.Length])];
        double[] losses = new double[classes.Length];
        for (int i = 0; i < task.Count; i++)
        {
            int label = Array.BinarySearch(classes, (int)task.Labels[i]), predicted = Array.BinarySearch(classes, (int)task.Scores[i]);
            losses[label] += MetricCalculator.MulticlassLoss(task.Probabilities[i]);
            if (predicted >= 0)
                counts[label][predicted]++;
        }

        double[] sizes = [.. classes.Select(number => (double)task.Labels.Count(label => label == number))];
        double entropy = -sizes.Where(size => size > 0).Sum(size => size / task.Count * Math.Log(size / task.Count));
        return MetricTypes.Multiclass(
            _host,
            metrics[TaskMetric.MicroAccuracy],
            metrics[TaskMetric.MacroAccuracy],
            metrics[TaskMetric.LogLoss],
            (entropy - metrics[TaskMetric.LogLoss]) / entropy,
            [.. losses.Zip(sizes, (loss, size) => size > 0 ? loss / size : 0)],
            counts,
            [.. classes.Select(number => names[number])]);
    }
}
