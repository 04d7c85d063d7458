using Microsoft.ML.Data;

namespace MetaML;

/// <summary>How well the rows of one task are predicted.</summary>
public sealed record TaskMetrics
{
    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>Number of rows that were judged.</summary>
    public required int RowCount { get; init; }

    /// <summary>All metrics of the label's kind; NaN where one is undefined for the task.</summary>
    public required IReadOnlyDictionary<TaskMetric, double> Values { get; init; }

    /// <summary>Number of rows without a finite score. The metrics leave these rows out, as ML.NET's metrics do.</summary>
    public int UnscoredRowCount => UnscoredRows.Count;

    /// <summary>The rows without a finite score: numbers of rows in the evaluated data, from 0. Of several draws, the rows that lack a score in any draw.</summary>
    public IReadOnlyList<int> UnscoredRows { get; init; } = [];

    /// <summary>The same figures as ML.NET's own type; null unless labels are binary and the task was evaluated once.</summary>
    public BinaryClassificationMetrics? Binary { get; init; }

    /// <summary>The same figures as ML.NET's own type; null unless labels are multiclass and the task was evaluated once.</summary>
    public MulticlassClassificationMetrics? Multiclass { get; init; }

    /// <summary>The same figures as ML.NET's own type; null unless labels are values and the task was evaluated once.</summary>
    public RegressionMetrics? Regression { get; init; }

    /// <summary>One metric; NaN where it is undefined for the task or does not fit the labels.</summary>
    /// <param name="metric">The metric.</param>
    public double this[TaskMetric metric] => Values.TryGetValue(metric, out double value) ? value : double.NaN;
}
