using System.Text;
using MetaML.Data;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Data;

/// <summary>Reads a data view into tasks, in one pass, for one label column or for several.</summary>
internal sealed class TaskSetReader
{
    private const int RowsToMeasure = 100;
    private const int FewestSparseFeatures = 100;
    private const double DensestSparse = 0.25;
    private const int ValuesShown = 5;
    private const int RowsPerCheck = 1024;

    private readonly IHostEnvironment _env;
    private readonly IChannel _channel;
    private readonly ColumnNames _columns;

    public TaskSetReader(IHostEnvironment env, IChannel channel, ColumnNames columns)
    {
        _env = env;
        _channel = channel;
        _columns = columns;
    }

    public CancellationToken CancellationToken { get; init; }

    /// <summary>What the rows are read for; null where it is yet to be chosen.</summary>
    public EncoderOptions? Encoder { get; init; }

    /// <summary>Reads all rows.</summary>
    /// <param name="data">Checked by <see cref="ColumnNames"/>.</param>
    /// <param name="labels">The label columns; a row is left out, with a warning, where none of them has a label.</param>
    /// <returns>The tasks of each label column, on one store of rows.</returns>
    /// <exception cref="InvalidOperationException">A feature is not finite, or a task is missing, or a label cannot be used.</exception>
    public TaskSet[] Read(IDataView data, params IReadOnlyList<LabelColumn> labels)
    {
        FeatureStore store = CreateStore(data);
        TaskSetBuilder[] builders = [.. labels.Select(label => new TaskSetBuilder(label.Kind, store))];
        Fill(store, data, labels, builders);
        return [.. builders.Zip(labels, (builder, label) => builder.Build(label.ClassCount, label.ClassSets))];
    }

    /// <summary>Reads the features of all rows.</summary>
    /// <param name="data">Checked by <see cref="ColumnNames"/>.</param>
    /// <exception cref="InvalidOperationException">A feature is not finite.</exception>
    public FeatureStore ReadFeatures(IDataView data)
    {
        FeatureStore store = CreateStore(data);
        Fill(store, data, [], []);
        return store;
    }

    private FeatureStore CreateStore(IDataView data)
    {
        int featureCount = data.Schema[_columns.Features].Type.GetVectorSize();
        return Encoder is not { NeedsDense: true } && IsSparse(data, featureCount) ? new SparseFeatureStore(featureCount) : new DenseFeatureStore(featureCount);
    }

    private void Fill(FeatureStore store, IDataView data, IReadOnlyList<LabelColumn> labels, TaskSetBuilder[] builders)
    {
        DataViewSchema.Column featureColumn = data.Schema[_columns.Features];
        using DataViewRowCursor cursor = data.GetRowCursor(Needed(data.Schema, labels));
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(featureColumn);
        ValueGetter<float>[] getLabels = [.. labels.Select(label => RowCursorUtils.GetLabelGetter(cursor, data.Schema[label.Name].Index))];
        ValueGetter<float>? getWeight = _columns.Weight is null ? null : cursor.GetGetter<float>(data.Schema[_columns.Weight]);
        Func<string?> getTask = TaskNames.Getter(cursor, _columns.Task);

        VBuffer<float> features = default;
        var values = new float[labels.Count];
        float weight = 1;
        long unlabeled = 0;
        while (cursor.MoveNext())
        {
            if (cursor.Position % RowsPerCheck == 0)
            {
                CancellationToken.ThrowIfCancellationRequested();
                _env.CheckAlive();
            }

            bool isLabeled = labels.Count == 0;
            for (int i = 0; i < values.Length; i++)
            {
                getLabels[i](ref values[i]);
                if (float.IsNaN(values[i]) && labels[i].MissingKeyIsError)
                    throw Missing(data, "label", labels[i].Name);
                isLabeled |= !float.IsNaN(values[i]);
            }

            if (!isLabeled)
            {
                unlabeled++;
                continue;
            }

            string task = getTask() ?? throw (data.Schema[_columns.Task!].Type is TextDataViewType ? TaskNames.Missing(data.Schema[_columns.Task!], cursor.Position) : Missing(data, "task", _columns.Task!));
            getFeatures(ref features);
            CheckFinite(features, cursor.Position, featureColumn);
            getWeight?.Invoke(ref weight);
            if (!float.IsFinite(weight) || weight < 0)
                throw new InvalidOperationException($"Example weights must be finite and not negative; got {weight} in row {cursor.Position} of column '{_columns.Weight}'.");

            int row = store.Add(features.ToFeatureRow());
            for (int i = 0; i < values.Length; i++)
            {
                if (!float.IsNaN(values[i]))
                    builders[i].Add(task, row, labels[i].Label(values[i], cursor.Position), weight);
            }
        }

        if (unlabeled > 0)
            _channel.Warning($"{unlabeled} rows without a label are left out.");
    }

    /// <summary>Throws where a feature is NaN or infinite, naming row and slot.</summary>
    private static void CheckFinite(in VBuffer<float> features, long row, DataViewSchema.Column column)
    {
        ReadOnlySpan<float> values = features.GetValues();
        if (FiniteNumbers.AreAll(values))
            return;
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
                continue;
            int slot = features.IsDense ? i : features.GetIndices()[i];
            string name = "";
            if (column.HasSlotNames())
            {
                VBuffer<ReadOnlyMemory<char>> names = default;
                column.GetSlotNames(ref names);
                name = $" ('{names.GetItemOrDefault(slot)}')";
            }

            throw new InvalidOperationException($"Features must be finite; got {values[i]} in row {row}, slot {slot}{name} of column '{column.Name}'. Replace missing values, as ReplaceMissingValues does, or filter the rows.");
        }
    }

    // Text featurisers give tens of thousands of columns with dozens of values each. Images on an empty ground are not sparse: their pixels have neighbours.
    private bool IsSparse(IDataView data, int featureCount)
    {
        if (featureCount < FewestSparseFeatures)
            return false;
        DataViewSchema.Column column = data.Schema[_columns.Features];
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> features = default;
        long values = 0, rows = 0;
        while (rows < RowsToMeasure && cursor.MoveNext())
        {
            getter(ref features);
            foreach (float value in features.GetValues())
                values += value != 0 ? 1 : 0;
            rows++;
        }

        return values < DensestSparse * rows * featureCount;
    }

    private IEnumerable<DataViewSchema.Column> Needed(DataViewSchema schema, IEnumerable<LabelColumn> labels)
    {
        string?[] names = [.. labels.Select(label => label.Name), _columns.Features, _columns.Task, _columns.Weight];
        return names.OfType<string>().Distinct().Select(name => schema[name]);
    }

    // A key is missing where its value was unknown to the mapping that made it. The value is in the column that the key hides.
    private static InvalidOperationException Missing(IDataView data, string role, string name)
    {
        DataViewSchema.Column column = data.Schema[name];
        DataViewSchema.Column? raw = data.Schema.Where(c => c.Name == name && c.IsHidden && c.Type is PrimitiveDataViewType and not KeyDataViewType)
            .Select(c => (DataViewSchema.Column?)c).LastOrDefault();
        var rows = new List<long>();
        var values = new HashSet<string>();
        using DataViewRowCursor cursor = data.GetRowCursor(raw is { } hidden ? [column, hidden] : [column]);
        ValueGetter<float> getKey = RowCursorUtils.GetLabelGetter(cursor, column.Index);
        ValueGetter<StringBuilder>? getRaw = raw is { } source ? RowCursorUtils.GetGetterAsStringBuilder(cursor, source.Index) : null;
        float key = 0;
        StringBuilder text = new();
        while (cursor.MoveNext() && (getRaw is null ? rows.Count : values.Count) < ValuesShown)
        {
            getKey(ref key);
            if (!float.IsNaN(key))
                continue;
            rows.Add(cursor.Position);
            getRaw?.Invoke(ref text);
            if (getRaw is not null)
                values.Add($"'{text}'");
        }

        string what = values.Count > 0 ? $"the values {string.Join(", ", values)}" : $"missing keys in rows {string.Join(", ", rows)}";
        return new InvalidOperationException($"Each row must have a {role} in column '{name}'; got {what}. They were unknown to the mapping that made the keys. Put MapValueToKey into the chain that is adapted, or leave the rows out.");
    }
}
