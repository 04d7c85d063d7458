using System.Globalization;
using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML;

/// <summary>The metrics of each task, and their summaries over tasks.</summary>
public sealed record TaskEvaluation
{
    /// <summary>Summarises the metrics of some tasks.</summary>
    /// <param name="kind">The kind of the labels.</param>
    /// <param name="tasks">The metrics of each task.</param>
    public TaskEvaluation(LabelKind kind, IReadOnlyList<TaskMetrics> tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        Kind = kind;
        Tasks = tasks;
        var reliability = new ReliabilitySums();
        foreach (TaskMetrics task in tasks)
            reliability.Add(task.Reliability);
        Reliability = reliability.ToReliability();
        IEnumerable<TaskMetric> metrics = tasks.Any(task => task.Values.ContainsKey(TaskMetric.Own)) ? kind.Metrics().Append(TaskMetric.Own) : kind.Metrics();
        Summaries = [.. metrics.Select(metric => TaskMetricSummary.Of(metric, tasks))];
    }

    /// <summary>The kind of the labels.</summary>
    public LabelKind Kind { get; }

    /// <summary>The metrics of each task, in the order in which the tasks first appear in the data.</summary>
    public IReadOnlyList<TaskMetrics> Tasks { get; }

    /// <summary>The summary of each metric over tasks.</summary>
    public IReadOnlyList<TaskMetricSummary> Summaries { get; }

    /// <summary>The agreement of predicted probabilities with observed frequencies over the rows of all tasks, with the expected calibration error; null for regression, and if there are no probabilities.</summary>
    public Reliability? Reliability { get; }

    /// <summary>Number of rows without a finite score in all tasks. The metrics leave these rows out; <see cref="TaskMetrics.UnscoredRows"/> names them.</summary>
    public int UnscoredRowCount => Tasks.Sum(task => task.UnscoredRowCount);

    /// <summary>A text with the first metric over tasks, and with the rows without a score.</summary>
    public override string ToString()
    {
        TaskMetricSummary first = Summaries[0];
        return string.Create(CultureInfo.InvariantCulture, $"{first.Metric.DisplayName()} {first.Macro} over {Tasks.Count} tasks.{(UnscoredRows.Text(this) is { } text ? $" {text}" : "")}");
    }

    /// <summary>The summary of one metric over tasks.</summary>
    /// <param name="metric">A metric of the kind of the labels.</param>
    /// <exception cref="ArgumentException">The metric does not fit the labels.</exception>
    public TaskMetricSummary this[TaskMetric metric]
    {
        get
        {
            MetricCheck.Fits(metric, Kind, nameof(metric));
            return Summaries.FirstOrDefault(summary => summary.Metric == metric)
                ?? throw new ArgumentException($"The metric must have been computed; got {metric}. Set FewShotOptions.OwnMetric for the evaluation.", nameof(metric));
        }
    }
}
