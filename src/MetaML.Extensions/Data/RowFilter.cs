using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Some rows of a data view, lazily and in their order.</summary>
/// <remarks>ML.NET's own filters take a range of a number or key, or need a class whose property has the column's name.</remarks>
internal sealed class RowFilter : IDataView
{
    private readonly IDataView _source;
    private readonly string? _column;
    private readonly long[]? _positions;
    private readonly Func<DataViewRow, Func<bool>> _keepOf;

    private RowFilter(IDataView source, string? column, long[]? positions, Func<DataViewRow, Func<bool>> keepOf)
    {
        _source = source;
        _column = column;
        _positions = positions;
        _keepOf = keepOf;
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema => _source.Schema;

    /// <summary>The rows at some positions.</summary>
    /// <param name="source">A view that gives its rows in the same order at each reading.</param>
    /// <param name="positions">Row numbers, in any order.</param>
    public static RowFilter ByPosition(IDataView source, IEnumerable<int> positions)
    {
        IEnumerable<int> ascending = positions.Distinct().Order();
        if (source is RowFilter { _positions: { } known } part)
            return ByPosition(part._source, [.. ascending.Select(position => known[position])]);
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

    /// <summary>The rows of some tasks.</summary>
    /// <param name="source">Has the Task column.</param>
    /// <param name="column">The Task column: text or key.</param>
    /// <param name="tasks">Names of tasks.</param>
    public static RowFilter ByTask(IDataView source, string column, IReadOnlySet<string> tasks) => new(source, column, null, row =>
    {
        Func<string?> getTask = TaskNames.Getter(row, column);
        return () => getTask() is { } task && tasks.Contains(task);
    });

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        if (_positions is not null && PositionCursor.Over(_source, needed, _positions) is { } found)
            return found;
        IEnumerable<DataViewSchema.Column> read = _column is null ? needed : needed.Append(Schema[_column]).DistinctBy(column => column.Index);
        return new Cursor(_source.GetRowCursor(read), needed, _keepOf);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewRowCursor source, DataViewSchema.Column[] needed, Func<DataViewRow, Func<bool>> keepOf) : DataViewRowCursor
    {
        private readonly HashSet<int> _active = [.. needed.Select(column => column.Index)];
        private readonly Func<bool> _keep = keepOf(source);
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
                if (!_keep())
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
