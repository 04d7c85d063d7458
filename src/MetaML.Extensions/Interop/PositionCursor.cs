using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Some rows of a view in memory, found by their numbers.</summary>
internal sealed class PositionCursor : DataViewRowCursor
{
    private readonly RowSeeker _rows;
    private readonly long[] _positions;
    private long _next;

    private PositionCursor(RowSeeker rows, long[] positions)
    {
        _rows = rows;
        _positions = positions;
    }

    public override long Position => _next - 1;

    public override long Batch => 0;

    public override DataViewSchema Schema => _rows.Schema;

    /// <summary>A cursor over the rows; null where the view cannot find rows by their numbers.</summary>
    /// <param name="view">The view.</param>
    /// <param name="columns">The columns that are read.</param>
    /// <param name="positions">Numbers of rows that exist.</param>
    public static PositionCursor? Over(IDataView view, IEnumerable<DataViewSchema.Column> columns, long[] positions)
    {
        if (view is not IRowSeekable seekable)
            return null;
        HashSet<int> active = [.. columns.Select(column => column.Index)];
        return new PositionCursor(seekable.GetSeeker(active.Contains), positions);
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _rows.IsColumnActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _rows.GetGetter<TValue>(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _rows.GetIdGetter();

    public override bool MoveNext()
    {
        if (_next >= 0 && _next < _positions.Length && _rows.MoveTo(_positions[_next]))
        {
            _next++;
            return true;
        }

        _next = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rows.Dispose();
        base.Dispose(disposing);
    }
}
