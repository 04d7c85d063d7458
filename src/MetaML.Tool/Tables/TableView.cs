using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>A table in memory as ML.NET reads it.</summary>
internal sealed class TableView : IDataView
{
    private readonly IReadOnlyList<TableColumn> _columns;

    public TableView(IReadOnlyList<TableColumn> columns, int rowCount)
    {
        _columns = columns;
        RowCount = rowCount;
        var builder = new DataViewSchema.Builder();
        foreach (TableColumn column in columns)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        Schema = builder.ToSchema();
    }

    public int RowCount { get; }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    public long? GetRowCount() => RowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly TableView _view;
        private readonly Delegate?[] _getters;
        private int _row = -1;

        public Cursor(TableView view, IEnumerable<DataViewSchema.Column> needed)
        {
            _view = view;
            _getters = new Delegate?[view._columns.Count];
            foreach (DataViewSchema.Column column in needed)
                _getters[column.Index] = view._columns[column.Index].Getter(() => _row);
        }

        public override long Position => _row;

        public override long Batch => 0;

        public override DataViewSchema Schema => _view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
            _getters[column.Index] as ValueGetter<TValue> ?? throw new InvalidOperationException($"Column '{column.Name}' must be active and of type {column.Type}; got a getter of {typeof(TValue).Name}.");

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_row, 0);

        public override bool MoveNext()
        {
            if (_row < _view.RowCount)
                _row++;
            return _row < _view.RowCount;
        }
    }
}
