using MetaML.Extensions.Interop;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Reads the column of task features, which is constant within a task: a Single, or a vector of Single of known size.</summary>
internal sealed class TaskFeatureReader
{
    private readonly DataViewSchema.Column _column;
    private readonly Action<float[]> _read;
    private readonly Dictionary<string, (float[] Values, long Row)> _tasks = new(StringComparer.Ordinal);
    private readonly float[] _values;
    private IReadOnlyList<string>? _names;

    /// <param name="row">The row or cursor.</param>
    /// <param name="name">The column, of a type that <see cref="ColumnNames"/> has checked.</param>
    public TaskFeatureReader(DataViewRow row, string name)
    {
        _column = row.Schema[name];
        if (_column.Type is VectorDataViewType)
        {
            ValueGetter<VBuffer<float>> get = row.GetGetter<VBuffer<float>>(_column);
            VBuffer<float> buffer = default;
            _read = values =>
            {
                get(ref buffer);
                buffer.CopyTo(values);
            };
        }
        else
        {
            ValueGetter<float> get = row.GetGetter<float>(_column);
            _read = values => get(ref values[0]);
        }

        _values = new float[CountOf(_column.Type)];
    }

    /// <summary>Number of task features.</summary>
    public int Count => _values.Length;

    /// <summary>The names of the task features: of the slots, or of the column.</summary>
    public IReadOnlyList<string> Names => _names ??= _column.Type is VectorDataViewType ? VectorSlots.Names(_column, $"{_column.Name}.") : [_column.Name];

    /// <summary>The number of task features of a column.</summary>
    public static int CountOf(DataViewType type) => type is VectorDataViewType ? ColumnTypes.VectorSize(type) : 1;

    /// <summary>Reads the current row, whatever its task.</summary>
    /// <param name="values">Receives <see cref="Count"/> values.</param>
    public void Read(float[] values) => _read(values);

    /// <summary>The features of the current row's task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="row">The number of the row.</param>
    /// <returns>The same array for all rows of the task.</returns>
    /// <exception cref="InvalidOperationException">A value is not finite, or differs from that of an earlier row of the task.</exception>
    public float[] Of(string task, long row)
    {
        _read(_values);
        if (!_tasks.TryGetValue(task, out var known))
        {
            if (!FiniteNumbers.AreAll<float>(_values))
                throw Invalid(row);
            _tasks.Add(task, known = ([.. _values], row));
        }
        else if (!_values.AsSpan().SequenceEqual(known.Values))
        {
            if (!FiniteNumbers.AreAll<float>(_values))
                throw Invalid(row);
            int slot = Enumerable.Range(0, Count).First(i => _values[i] != known.Values[i]);
            throw new InvalidOperationException($"Task features must be the same in all rows of a task; got {known.Values[slot]} in row {known.Row} and {_values[slot]} in row {row} for {Slot(slot)} of column '{_column.Name}' and task '{task}'. They could not be known of a task without rows. Use the values as features, or give their mean over the task.");
        }

        return known.Values;
    }

    private InvalidOperationException Invalid(long row)
    {
        int slot = Array.FindIndex(_values, value => !float.IsFinite(value));
        return new InvalidOperationException($"Task features must be finite; got {_values[slot]} in row {row}, {Slot(slot)} of column '{_column.Name}'. Replace missing values, as ReplaceMissingValues does, or filter the rows.");
    }

    private string Slot(int slot) => $"slot {slot} ('{Names[slot]}')";
}
