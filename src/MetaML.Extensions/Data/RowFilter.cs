using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>A view of some rows of a data view, in their order. The rows are filtered when they are read.</summary>
/// <remarks>ML.NET's filters accept only a range of a number or key, or require a class with a property that has the name of the column.</remarks>
internal sealed class RowFilter : IDataView
{
    private readonly IDataView _source;
    private readonly string? _column;
    private readonly long[]? _positions;
    private readonly Func<DataViewRow, Func<bool>> _createFilter;

    private RowFilter(IDataView source, string? column, long[]? positions, Func<DataViewRow, Func<bool>> createFilter)
    {
        _source = source;
        _column = column;
        _positions = positions;
        _createFilter = createFilter;
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema => _source.Schema;

    /// <summary>A view of the rows at some positions.</summary>
    /// <param name="source">A view that gives its rows in the same order at each reading.</param>
    /// <param name="positions">Row numbers, in any order.</param>
    public static RowFilter ByPosition(IDataView source, IEnumerable<int> positions)
    {
        IEnumerable<int> ascending = positions.Distinct().Order();
        if (source is RowFilter { _positions: { } sourcePositions } filtered)
            return ByPosition(filtered._source, [.. ascending.Select(position => sourcePositions[position])]);
        return ByPosition(source, [.. ascending.Select(position => (long)position)]);
    }

    private static RowFilter ByPosition(IDataView source, long[] positions) => new(source, null, positions, row =>
    {
        int next = 0;
        return () =>
        {
            if (next == positions.Length || row.Position != positions[next])
                return false;
            next++;
            return true;
        };
    });

    /// <summary>A view of the rows of some tasks.</summary>
    /// <param name="source">A view with the Task column.</param>
    /// <param name="column">The Task column: text or key.</param>
    /// <param name="tasks">The names of the tasks.</param>
    public static RowFilter ByTask(IDataView source, string column, IReadOnlySet<string> tasks) => new(source, column, null, row =>
    {
        Func<string?> getTask = TaskNames.Getter(row, column);
        return () => getTask() is { } task && tasks.Contains(task);
    });

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        if (_positions is not null && PositionCursor.Over(_source, needed, _positions) is { } cursor)
            return cursor;
        IEnumerable<DataViewSchema.Column> read = _column is null ? needed : needed.Append(Schema[_column]).DistinctBy(column => column.Index);
        return new Cursor(_source.GetRowCursor(read), needed, _createFilter);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor source, DataViewSchema.Column[] needed, Func<DataViewRow, Func<bool>> createFilter) : DataViewRowCursor
    {
        private readonly HashSet<int> _active = [.. needed.Select(column => column.Index)];
        private readonly Func<bool> _filter = createFilter(source);
        private long _position = -1;

        public override long Position => _position;

        public override long Batch => source.Batch;

        public override DataViewSchema Schema => source.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override bool MoveNext()
        {
            while (source.MoveNext())
            {
                if (!_filter())
                    continue;
                _position++;
                return true;
            }

            _position = -1;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
