using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Rows;

/// <summary>Columns as ML.NET reads them.</summary>
/// <param name="schema">The schema.</param>
/// <param name="columns">The values of each column of the schema; null for the default value of its type in each row.</param>
/// <param name="rowCount">Number of rows.</param>
internal sealed class RowsView(DataViewSchema schema, RowColumn?[] columns, int rowCount) : IDataView
{
    public DataViewSchema Schema => schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => rowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly RowsView _view;
        private readonly bool[] _isActive;
        private int _row = -1;

        public Cursor(RowsView view, IEnumerable<DataViewSchema.Column> needed)
        {
            _view = view;
            _isActive = new bool[view.Schema.Count];
            foreach (DataViewSchema.Column column in needed)
                _isActive[column.Index] = true;
        }

        public override long Position => _row;

        public override long Batch => 0;

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _isActive[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Delegate? getter = _isActive[column.Index] ? _view.Values(column.Index) switch
            {
                null => Default<TValue>(column.Type),
                float[] values when column.Type is VectorDataViewType vector => Vector(values, vector.Size),
                float[] values => Scalar(values),
                double[] values => Scalar(values),
                int[] values => Scalar(values),
                long[] values => Scalar(values),
                bool[] values => Scalar(values),
                string[] values => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = values[_row].AsMemory()),
                _ => null,
            } : null;
            return getter as ValueGetter<TValue> ?? throw new InvalidOperationException($"Column '{column.Name}' must be active and of type {column.Type}; got a getter of {typeof(TValue).Name}.");
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_row, 0);

        public override bool MoveNext()
        {
            if (_row < _view.RowCount)
                _row++;
            return _row < _view.RowCount;
        }

        private ValueGetter<T> Scalar<T>(T[] values) => (ref T value) => value = values[_row];

        private ValueGetter<VBuffer<float>> Vector(float[] values, int size) => (ref VBuffer<float> value) =>
        {
            VBufferEditor<float> editor = VBufferEditor.Create(ref value, size);
            values.AsSpan(_row * size, size).CopyTo(editor.Values);
            value = editor.Commit();
        };

        // A vector of known size has no values, which are its zeros.
        private static ValueGetter<TValue> Default<TValue>(DataViewType type)
        {
            if (type is not VectorDataViewType vector)
                return (ref TValue value) => value = default!;
            TValue empty = (TValue)Activator.CreateInstance(typeof(TValue), vector.Size, 0, null, null)!;
            return (ref TValue value) => value = empty;
        }
    }

    private int RowCount => rowCount;

    private Array? Values(int column) => columns[column]?.Values;
}
