namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The means of a task's metrics over its draws. The mean of a metric leaves out draws for which the metric is undefined.</summary>
internal sealed class MetricMeans(LabelKind kind)
{
    private readonly double[] _sums = new double[kind.Metrics().Count];
    private readonly int[] _counts = new int[kind.Metrics().Count];
    private readonly SortedSet<int> _unscored = [];
    private readonly ReliabilitySums _reliability = new();

    /// <summary>Whether at least one metric is defined for at least one draw.</summary>
    public bool IsDefined => _counts.Any(count => count > 0);

    /// <summary>Adds the rows of one draw.</summary>
    public void Add(TaskScores rows)
    {
        _reliability.Add(kind, rows);
        Add(MetricCalculator.Compute(kind, rows), rows.UnscoredRows);
    }

    // The metrics are in the order of TaskMetricExtensions.Metrics.
    private void Add(double[] values, IEnumerable<int> unscoredRows)
    {
        _unscored.UnionWith(unscoredRows);
        for (int i = 0; i < _sums.Length; i++)
        {
            if (double.IsNaN(values[i]))
                continue;
            _sums[i] += values[i];
            _counts[i]++;
        }
    }

    /// <summary>The means by name.</summary>
    public TaskMetrics ToMetrics(string task, int rows) => new()
    {
        Task = task,
        RowCount = rows,
        UnscoredRows = [.. _unscored],
        Reliability = _reliability,
        Values = TaskEvaluator.Named(kind, [.. _sums.Zip(_counts, (sum, count) => count > 0 ? sum / count : double.NaN)]),
    };

    /// <summary>The means of each task's metrics over several evaluations of the same tasks.</summary>
    public static TaskEvaluation Over(IReadOnlyList<TaskEvaluation> evaluations)
    {
        LabelKind kind = evaluations[0].Kind;
        return new TaskEvaluation(kind, [.. evaluations[0].Tasks.Select((task, i) =>
        {
            var means = new MetricMeans(kind);
            foreach (TaskEvaluation evaluation in evaluations)
            {
                means._reliability.Add(evaluation.Tasks[i].Reliability);
                means.Add([.. kind.Metrics().Select(metric => evaluation.Tasks[i][metric])], evaluation.Tasks[i].UnscoredRows);
            }

            return means.ToMetrics(task.Task, task.RowCount);
        })]);
    }
}
