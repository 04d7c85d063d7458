namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The means of a task's metrics over its draws. The mean of a metric leaves out draws for which the metric is undefined.</summary>
/// <param name="kind">The kind of the labels.</param>
/// <param name="hasOwn">Whether there is a metric of the user, after those of the kind.</param>
/// <param name="own">Computes the metric of the user; null if it is not computed from rows.</param>
internal sealed class MetricMeans(LabelKind kind, bool hasOwn = false, Func<IReadOnlyList<ScoredRow>, double>? own = null)
{
    private readonly TaskMetric[] _metrics = hasOwn ? [.. kind.Metrics(), TaskMetric.Own] : [.. kind.Metrics()];
    private readonly double[] _sums = new double[kind.Metrics().Count + 1];
    private readonly int[] _counts = new int[kind.Metrics().Count + 1];
    private readonly SortedSet<int> _unscored = [];
    private readonly ReliabilitySums _reliability = new();

    /// <summary>Whether at least one metric is defined for at least one draw.</summary>
    public bool IsDefined => _counts.Any(count => count > 0);

    /// <summary>Adds the rows of one draw.</summary>
    public void Add(TaskScores rows)
    {
        _reliability.Add(kind, rows);
        double[] values = MetricCalculator.Compute(kind, rows);
        Add(own is null ? values : [.. values, own(rows.ToRows())], rows.UnscoredRows);
    }

    // The metrics are in the order of TaskMetricExtensions.Metrics, followed by that of the user.
    private void Add(double[] values, IEnumerable<int> unscoredRows)
    {
        _unscored.UnionWith(unscoredRows);
        for (int i = 0; i < values.Length; i++)
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
        Values = _metrics.Select((metric, i) => KeyValuePair.Create(metric, _counts[i] > 0 ? _sums[i] / _counts[i] : double.NaN)).ToDictionary(),
    };

    /// <summary>The means of each task's metrics over several evaluations of the same tasks.</summary>
    public static TaskEvaluation Over(IReadOnlyList<TaskEvaluation> evaluations)
    {
        LabelKind kind = evaluations[0].Kind;
        bool hasOwn = evaluations[0].Tasks.Any(task => task.Values.ContainsKey(TaskMetric.Own));
        return new TaskEvaluation(kind, [.. evaluations[0].Tasks.Select((task, i) =>
        {
            var means = new MetricMeans(kind, hasOwn);
            foreach (TaskEvaluation evaluation in evaluations)
            {
                means._reliability.Add(evaluation.Tasks[i].Reliability);
                means.Add([.. means._metrics.Select(metric => evaluation.Tasks[i][metric])], evaluation.Tasks[i].UnscoredRows);
            }

            return means.ToMetrics(task.Task, task.RowCount);
        })]);
    }
}
