using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>Judges each task of a scored data view.</summary>
internal sealed class TaskEvaluator(IHostEnvironment env)
{
    private readonly IHost _host = env.Register(nameof(TaskEvaluator));

    public TaskEvaluation Evaluate(IDataView scored, string labelColumn, string taskColumn, ScoreReader reader)
    {
        LabeledRows rows = LabeledRows.Read(scored, labelColumn, taskColumn, scoreColumn: reader.ScoreColumn);
        TaskScores[] tasks = [.. rows.TaskNames.Select(_ => new TaskScores())];
        reader.Read(scored, rows, null, tasks);
        return new TaskEvaluation(rows.Kind, [.. tasks.Select((task, i) => Metrics(rows, rows.TaskNames[i], task))]);
    }

    /// <summary>A task's metrics by name.</summary>
    public static IReadOnlyDictionary<TaskMetric, double> Named(LabelKind kind, double[] values) =>
        kind.Metrics().Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);

    private TaskMetrics Metrics(LabeledRows rows, string name, TaskScores task)
    {
        var values = Named(rows.Kind, MetricCalculator.Compute(rows.Kind, task));
        var metrics = new TaskMetrics { Task = name, RowCount = task.Count, UnscoredRowCount = task.Unscored, Values = values };
        if (task.Count == 0)
            return metrics;
        return rows.Kind switch
        {
            LabelKind.Binary => metrics with
            {
                Binary = MetricTypes.Binary(_host, metrics[TaskMetric.AreaUnderRocCurve], metrics[TaskMetric.AreaUnderPrecisionRecallCurve], metrics[TaskMetric.F1Score], MetricCalculator.Confusion(task)),
            },
            LabelKind.Multiclass => metrics with { Multiclass = Multiclass(metrics, task, rows.ClassNames) },
            _ => metrics with
            {
                Regression = MetricTypes.Regression(metrics[TaskMetric.MeanAbsoluteError], metrics[TaskMetric.RootMeanSquaredError], metrics[TaskMetric.RSquared]),
            },
        };
    }

    // Over the classes that occur in the task, as a label or as a prediction.
    private Microsoft.ML.Data.MulticlassClassificationMetrics Multiclass(TaskMetrics metrics, TaskScores task, IReadOnlyList<string> names)
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
            [.. classes.Select(number => number < names.Count ? names[number] : $"class {number}")]);
    }
}
