using MetaML.Extensions.Evaluation.Metrics;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>The metrics of one task.</summary>
public sealed record TaskMetrics
{
    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>Number of rows that were evaluated.</summary>
    public required int RowCount { get; init; }

    /// <summary>All metrics of the kind of the labels. A metric that is undefined for the task is NaN.</summary>
    public required IReadOnlyDictionary<TaskMetric, double> Values { get; init; }

    /// <summary>Number of rows without a finite score. The metrics leave these rows out, as ML.NET's metrics do.</summary>
    public int UnscoredRowCount => UnscoredRows.Count;

    /// <summary>The rows without a finite score, as row numbers in the evaluated data, from 0. With several draws, a row is listed if it has no score in at least one draw.</summary>
    public IReadOnlyList<int> UnscoredRows { get; init; } = [];

    /// <summary>Sums over the rows in bins of their predicted probability; null if they are not known.</summary>
    internal ReliabilitySums? Reliability { get; init; }

    /// <summary>The same metrics as ML.NET's type; null unless labels are binary and the task was evaluated once.</summary>
    public BinaryClassificationMetrics? Binary { get; init; }

    /// <summary>The same metrics as ML.NET's type; null unless labels are multiclass and the task was evaluated once.</summary>
    public MulticlassClassificationMetrics? Multiclass { get; init; }

    /// <summary>The same metrics as ML.NET's type; null unless labels are regression values and the task was evaluated once.</summary>
    public RegressionMetrics? Regression { get; init; }

    /// <summary>One metric; NaN if it is undefined for the task or does not fit the labels.</summary>
    /// <param name="metric">The metric.</param>
    public double this[TaskMetric metric] => Values.TryGetValue(metric, out double value) ? value : double.NaN;
}
