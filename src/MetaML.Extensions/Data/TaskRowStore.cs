using MetaML.Data;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Collects rows in a store that is dense or sparse as the first rows are, and their labels in a task set for each label column.</summary>
/// <remarks>
/// Until the form of the store is decided rows are held in the buffers that ML.NET filled. So data are read in one pass, and a row
/// is copied twice between ML.NET's cursor and the first tensor: into the store, and from there into the tensor.
/// </remarks>
internal sealed class TaskRowStore
{
    private const int RowsToMeasure = 100;
    private const int FewestSparseFeatures = 100;
    private const double DensestSparse = 0.25;

    private readonly int _featureCount;
    private readonly IReadOnlyList<LabelColumn> _labels;
    private readonly List<Row> _held = [];
    private TaskSetBuilder[] _builders = [];
    private FeatureStore? _store;
    private int _measured;
    private long _nonZero;

    /// <param name="featureCount">Number of features of each row.</param>
    /// <param name="needsDense">Whether the store must be dense.</param>
    /// <param name="labels">The label columns; none where rows are learned from without labels.</param>
    public TaskRowStore(int featureCount, bool needsDense, IReadOnlyList<LabelColumn> labels)
    {
        _featureCount = featureCount;
        _labels = labels;
        if (needsDense || featureCount < FewestSparseFeatures)
            Begin(new DenseFeatureStore(featureCount));
    }

    /// <summary>Whether the form is yet to be decided, by rows that are learned from and rows that are not.</summary>
    public bool IsMeasuring => _store is null;

    /// <summary>Counts the values of one of the first rows.</summary>
    /// <remarks>Text featurisers give tens of thousands of columns with dozens of values each. Images on an empty ground are not sparse: their pixels have neighbours.</remarks>
    public void Measure(in VBuffer<float> features)
    {
        foreach (float value in features.GetValues())
            _nonZero += value != 0 ? 1 : 0;
        if (++_measured == RowsToMeasure)
            Decide();
    }

    /// <summary>Adds a row.</summary>
    /// <param name="features">All finite. The buffer is taken while <see cref="IsMeasuring"/>, and can be filled anew.</param>
    /// <param name="task">The row's task.</param>
    /// <param name="labels">For each label column; NaN where the row has no label of it.</param>
    /// <param name="weight">How much the row counts.</param>
    public void Add(ref VBuffer<float> features, string task, ReadOnlySpan<float> labels, float weight)
    {
        if (!IsMeasuring)
        {
            Store(features, task, labels, weight);
            return;
        }

        _held.Add(new Row(features, task, labels.ToArray(), weight));
        features = default;
    }

    /// <summary>The store of all rows.</summary>
    public FeatureStore Features()
    {
        if (IsMeasuring)
            Decide();
        return _store!;
    }

    /// <summary>The tasks of each label column, on the store of all rows.</summary>
    public TaskSet[] Tasks()
    {
        Features();
        return [.. _builders.Zip(_labels, (builder, label) => builder.Build(label.ClassCount, label.ClassSets))];
    }

    private void Decide()
    {
        Begin(_nonZero < DensestSparse * _measured * _featureCount ? new SparseFeatureStore(_featureCount) : new DenseFeatureStore(_featureCount));
        foreach (Row row in _held)
            Store(row.Features, row.Task, row.Labels, row.Weight);
        _held.Clear();
    }

    private void Begin(FeatureStore store)
    {
        _store = store;
        _builders = [.. _labels.Select(label => new TaskSetBuilder(label.Kind, store))];
    }

    private void Store(in VBuffer<float> features, string task, ReadOnlySpan<float> labels, float weight)
    {
        int row = _store!.Add(features.ToFeatureRow());
        for (int i = 0; i < labels.Length; i++)
        {
            if (!float.IsNaN(labels[i]))
                _builders[i].Add(task, row, labels[i], weight);
        }
    }

    private readonly record struct Row(VBuffer<float> Features, string Task, float[] Labels, float Weight);
}
