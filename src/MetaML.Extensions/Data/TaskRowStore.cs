using MetaML.Data;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Collects rows in a dense or sparse store, and their labels in a task set for each label column. The first rows decide the form of the store.</summary>
/// <remarks>
/// Until the form of the store is decided, rows remain in the buffers that ML.NET filled. Data are therefore read in one pass. A row
/// is copied twice between ML.NET's cursor and the first tensor: into the store, and from the store into the tensor.
/// </remarks>
internal sealed class TaskRowStore
{
    private const int RowsToMeasure = 100;
    private const int MinimumSparseFeatures = 100;
    private const double MaximumSparseDensity = 0.25;

    private readonly int _featureCount;
    private readonly IReadOnlyList<LabelColumn> _labels;
    private readonly IReadOnlyList<string> _taskFeatures;
    private readonly IReadOnlyList<string> _groups;
    private readonly Dictionary<string, (float[]? TaskFeatures, string[]? Groups)> _unlabeled = new(StringComparer.Ordinal); // tasks that may have no labelled row
    private readonly List<Row> _pending = [];
    private TaskSetBuilder[] _builders = [];
    private FeatureStore? _store;
    private int _measured;
    private long _nonZero;

    /// <param name="featureCount">Number of features of each row.</param>
    /// <param name="needsDense">Whether the store must be dense.</param>
    /// <param name="labels">The label columns; empty if the encoder learns without labels.</param>
    /// <param name="taskFeatures">The names of the task features; empty if there are none.</param>
    /// <param name="groups">The names of the levels of groups; empty if there are none.</param>
    public TaskRowStore(int featureCount, bool needsDense, IReadOnlyList<LabelColumn> labels, IReadOnlyList<string> taskFeatures, IReadOnlyList<string> groups)
    {
        _groups = groups;
        _taskFeatures = taskFeatures;
        _featureCount = featureCount;
        _labels = labels;
        if (needsDense || featureCount < MinimumSparseFeatures)
            Begin(new DenseFeatureStore(featureCount));
    }

    /// <summary>The names of the features; empty if they are not known.</summary>
    public IReadOnlyList<string> FeatureNames { get; init; } = [];

    /// <summary>Whether the form of the store is still undecided. Rows without a label count in the decision, too.</summary>
    public bool IsMeasuring => _store is null;

    /// <summary>Counts the nonzero values of one of the first rows.</summary>
    /// <remarks>Text featurisers give tens of thousands of features, and a row has only dozens of nonzero values. Images on an empty background have too many nonzero pixels for a sparse store.</remarks>
    public void Measure(in VBuffer<float> features)
    {
        foreach (float value in features.GetValues())
            _nonZero += value != 0 ? 1 : 0;
        if (++_measured == RowsToMeasure)
            Decide();
    }

    /// <summary>Adds a row.</summary>
    /// <param name="features">The features, all finite. While <see cref="IsMeasuring"/>, the store keeps the buffer and returns an empty one.</param>
    /// <param name="task">The task of the row.</param>
    /// <param name="labels">The label of each label column; NaN if it is missing.</param>
    /// <param name="weight">The weight of the row.</param>
    /// <param name="exposure">The exposure of the row, for labels that are counts; else 1.</param>
    /// <param name="taskFeatures">The features of the task; null if there are none.</param>
    /// <param name="groups">The groups of the task; null if there are none.</param>
    public void Add(ref VBuffer<float> features, string task, ReadOnlySpan<float> labels, float weight, float exposure, float[]? taskFeatures, string[]? groups)
    {
        if (!IsMeasuring)
        {
            Store(features, task, labels, weight, exposure, taskFeatures, groups);
            return;
        }

        _pending.Add(new Row(features, task, labels.ToArray(), weight, exposure, taskFeatures, groups));
        features = default;
    }

    /// <summary>Adds a task, which may have no labelled rows.</summary>
    public void AddTask(string task, float[]? taskFeatures, string[]? groups) => _unlabeled[task] = (taskFeatures, groups);

    /// <summary>The store of all rows.</summary>
    public FeatureStore Features()
    {
        if (IsMeasuring)
            Decide();
        _store!.FeatureNames = FeatureNames;
        return _store;
    }

    /// <summary>The tasks of each label column, on the store of all rows.</summary>
    public TaskSet[] Tasks()
    {
        Features();
        foreach (TaskSetBuilder builder in _builders)
        {
            foreach (var (task, known) in _unlabeled)
                Set(builder, task, known.TaskFeatures, known.Groups);
        }

        return [.. _builders.Zip(_labels, (builder, label) => builder.Build(label.ClassCount, label.ClassSets))];
    }

    private void Decide()
    {
        Begin(_nonZero < MaximumSparseDensity * _measured * _featureCount ? new SparseFeatureStore(_featureCount) : new DenseFeatureStore(_featureCount));
        foreach (Row row in _pending)
            Store(row.Features, row.Task, row.Labels, row.Weight, row.Exposure, row.TaskFeatures, row.Groups);
        _pending.Clear();
    }

    private void Begin(FeatureStore store)
    {
        _store = store;
        _builders = [.. _labels.Select(label => new TaskSetBuilder(label.Kind, store) { CovariateNames = _taskFeatures, GroupNames = _groups })];
    }

    private void Store(in VBuffer<float> features, string task, ReadOnlySpan<float> labels, float weight, float exposure, float[]? taskFeatures, string[]? groups)
    {
        int row = _store!.Add(features.ToFeatureRow());
        for (int i = 0; i < labels.Length; i++)
        {
            if (float.IsNaN(labels[i]))
                continue;
            _builders[i].Add(task, row, labels[i], weight, _labels[i].IsCount ? exposure : 1);
            Set(_builders[i], task, taskFeatures, groups);
        }
    }

    private static void Set(TaskSetBuilder builder, string task, float[]? taskFeatures, string[]? groups)
    {
        if (taskFeatures is not null)
            builder.SetCovariates(task, taskFeatures);
        if (groups is not null)
            builder.SetGroups(task, groups);
    }

    private readonly record struct Row(VBuffer<float> Features, string Task, float[] Labels, float Weight, float Exposure, float[]? TaskFeatures, string[]? Groups);
}
