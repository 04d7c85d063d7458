using System.Text;
using MetaML.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Data;

/// <summary>Reads a data view into tasks, for one or several label columns, in one pass.</summary>
internal sealed class TaskSetReader
{
    private const int ValuesShown = 5;
    private const int RowsPerCheck = 1024;

    private const string UnknownToMapping = "They were unknown to the mapping that made the keys. Put MapValueToKey into the chain that is adapted, or leave the rows out.";
    private const string WithoutValues = "Keys without values are numbered from 1, and 0 is missing. Add 1 to the numbers, or give the column as text, or leave the rows out.";
    private const string OneSetOfClasses = "All tasks of this model share one set of classes, and it does not contain these values. Train with ClassSets.PerTask if tasks have their own classes, or leave the rows out.";

    private readonly IHostEnvironment _env;
    private readonly IChannel _channel;
    private readonly ColumnNames _columns;

    public TaskSetReader(IHostEnvironment env, IChannel channel, ColumnNames columns)
    {
        _env = env;
        _channel = channel;
        _columns = columns;
    }

    // The names of more features are not read: nothing shows or selects them by name.
    private const int MostNamedFeatures = 4096;

    public CancellationToken CancellationToken { get; init; }

    /// <summary>Whether a task without labelled rows is a task too, if its task features are known.</summary>
    public bool KeepsTasksWithoutLabels { get; init; }

    /// <summary>The encoder that receives the rows; null if it is not chosen yet.</summary>
    public EncoderOptions? Encoder { get; init; }

    /// <summary>Reads all rows.</summary>
    /// <param name="data">The rows, with a schema that <see cref="ColumnNames"/> has checked.</param>
    /// <param name="labels">The label columns. A row without a label in any of them is left out, with a warning.</param>
    /// <returns>The tasks of each label column. All share one store of rows.</returns>
    /// <exception cref="InvalidOperationException">A feature is not finite, a task is missing, or a label is invalid.</exception>
    public TaskSet[] Read(IDataView data, params IReadOnlyList<LabelColumn> labels) => ReadRows(data, labels).Tasks();

    /// <summary>Reads the features of all rows.</summary>
    /// <param name="data">The rows, with a schema that <see cref="ColumnNames"/> has checked.</param>
    /// <exception cref="InvalidOperationException">A feature is not finite.</exception>
    public FeatureStore ReadFeatures(IDataView data) => ReadRows(data, []).Features();

    private TaskRowStore ReadRows(IDataView data, IReadOnlyList<LabelColumn> labels)
    {
        DataViewSchema.Column featureColumn = data.Schema[_columns.Features];
        int featureCount = ColumnTypes.VectorSize(featureColumn.Type);
        using DataViewRowCursor cursor = data.GetRowCursor(RequiredColumns(data.Schema, labels));
        TaskFeatureReader? taskFeatures = _columns.TaskFeatures is { } name ? new TaskFeatureReader(cursor, name) : null;
        TaskGroupReader? groups = _columns.Groups.Count > 0 ? new TaskGroupReader(cursor, _columns.Groups) : null;
        var rows = new TaskRowStore(featureCount, Encoder is { NeedsDense: true }, labels, taskFeatures?.Names ?? [], _columns.Groups)
        {
            FeatureNames = featureColumn.HasSlotNames() && featureCount <= MostNamedFeatures ? VectorSlots.Names(featureColumn, $"{featureColumn.Name}.") : [],
        };
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(featureColumn);
        ValueGetter<float>[] getLabels = [.. labels.Select(label => ColumnGetters.Label(cursor, data.Schema[label.Name]))];
        ValueGetter<float>? getWeight = _columns.Weight is null ? null : cursor.GetGetter<float>(data.Schema[_columns.Weight]);
        ValueGetter<float>? getExposure = _columns.Exposure is null ? null : cursor.GetGetter<float>(data.Schema[_columns.Exposure]);
        Func<string?> getTask = TaskNames.Getter(cursor, _columns.Task);

        VBuffer<float> features = default;
        var values = new float[labels.Count];
        float weight = 1, exposure = 1;
        long unlabeled = 0;
        while (cursor.MoveNext())
        {
            if (cursor.Position % RowsPerCheck == 0)
            {
                CancellationToken.ThrowIfCancellationRequested();
                HostSettings.ThrowIfCancelled(_env);
            }

            bool isLabeled = labels.Count == 0;
            for (int i = 0; i < values.Length; i++)
            {
                getLabels[i](ref values[i]);
                if (float.IsNaN(values[i]) && labels[i].MissingKeyIsError)
                    throw Missing(data, "label", labels[i].Name, labels[i].ClassSets == ClassSets.Common ? OneSetOfClasses : UnknownToMapping);
                isLabeled |= !float.IsNaN(values[i]);
            }

            if (!isLabeled)
            {
                unlabeled++;
                if (KeepsTasksWithoutLabels && getTask() is { } known && (taskFeatures is not null || groups is not null))
                    rows.AddTask(known, taskFeatures?.Of(known, cursor.Position), groups?.Read(cursor.Position));
                if (rows.IsMeasuring)
                {
                    getFeatures(ref features);
                    rows.Measure(features);
                }

                continue;
            }

            string task = getTask() ?? throw (data.Schema[_columns.Task!].Type is TextDataViewType ? TaskNames.Missing(data.Schema[_columns.Task!], cursor.Position) : Missing(data, "task", _columns.Task!, UnknownToMapping));
            getFeatures(ref features);
            CheckFinite(features, cursor.Position, featureColumn);
            getWeight?.Invoke(ref weight);
            if (!float.IsFinite(weight) || weight < 0)
                throw new InvalidOperationException($"Example weights must be finite and not negative; got {weight} in row {cursor.Position} of column '{_columns.Weight}'. Correct the weight, or leave the row out.");

            getExposure?.Invoke(ref exposure);
            if (!float.IsFinite(exposure) || exposure <= 0)
                throw new InvalidOperationException($"Exposures must be finite and positive; got {exposure} in row {cursor.Position} of column '{_columns.Exposure}'. The expected count of the row would be 0 or unknown. Correct the exposure, or leave the row out.");

            for (int i = 0; i < values.Length; i++)
            {
                if (!float.IsNaN(values[i]))
                    values[i] = labels[i].Label(values[i], cursor.Position);
            }

            if (rows.IsMeasuring)
                rows.Measure(features);
            rows.Add(ref features, task, values, weight, exposure, taskFeatures?.Of(task, cursor.Position), groups?.Read(cursor.Position));
        }

        if (unlabeled > 0)
            _channel.Warning($"{unlabeled} rows without a label are left out.");
        return rows;
    }

    /// <summary>Throws an exception with row and slot if a feature is NaN or infinite.</summary>
    private static void CheckFinite(in VBuffer<float> features, long row, DataViewSchema.Column column)
    {
        ReadOnlySpan<float> values = features.GetValues();
        if (features.ToFeatureRow().IsFinite)
            return;
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
                continue;
            int slot = features.IsDense ? i : features.GetIndices()[i];
            string name = column.HasSlotNames() ? $" ('{VectorSlots.Names(column, "")[slot]}')" : "";
            throw new InvalidOperationException($"Features must be finite; got {values[i]} in row {row}, slot {slot}{name} of column '{column.Name}'. Replace missing values, as ReplaceMissingValues does, or filter the rows.");
        }
    }

    private IEnumerable<DataViewSchema.Column> RequiredColumns(DataViewSchema schema, IEnumerable<LabelColumn> labels)
    {
        string?[] names = [.. labels.Select(label => label.Name), _columns.Features, _columns.Task, _columns.Weight, _columns.TaskFeatures, _columns.Exposure, .. _columns.Groups];
        return names.OfType<string>().Distinct().Select(name => schema[name]);
    }

    // A key is missing if the mapping that made it does not know its value. The value is in the column that the key hides.
    private static InvalidOperationException Missing(IDataView data, string role, string name, string cure)
    {
        DataViewSchema.Column column = data.Schema[name];
        DataViewSchema.Column? raw = data.Schema.Where(c => c.Name == name && c.IsHidden && c.Type is PrimitiveDataViewType and not KeyDataViewType)
            .Select(c => (DataViewSchema.Column?)c).FirstOrDefault(); // the column before any step
        var rows = new List<long>();
        var values = new HashSet<string>();
        using DataViewRowCursor cursor = data.GetRowCursor(raw is { } hidden ? [column, hidden] : [column]);
        ValueGetter<float> getKey = ColumnGetters.Label(cursor, column);
        ValueGetter<StringBuilder>? getRaw = raw is { } source ? ColumnGetters.Text(cursor, source) : null;
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

        string found = values.Count > 0 ? $"the values {string.Join(", ", values)}" : $"missing keys in rows {string.Join(", ", rows)}";
        return new InvalidOperationException($"Each row must have a {role} in column '{name}'; got {found}. {(KeyVocabulary.Of(column).ItemType is null ? WithoutValues : cure)}");
    }
}
