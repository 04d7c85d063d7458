using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>Columns of several views with the same rows, read together.</summary>
internal sealed class JoinedRows : IDisposable
{
    private readonly Dictionary<IDataView, DataViewRowCursor> _cursors;

    /// <param name="columns">At least one column.</param>
    public JoinedRows(params IReadOnlyList<SourceColumn> columns) => _cursors = columns.GroupBy(column => column.View)
        .ToDictionary(view => view.Key, view => view.Key.GetRowCursor(view.Select(column => view.Key.Schema[column.Name]).DistinctBy(column => column.Index)));

    /// <summary>The row that contains the value of a column.</summary>
    public DataViewRow RowOf(SourceColumn column) => _cursors[column.View];

    /// <summary>Moves to the next row of each view.</summary>
    /// <exception cref="InvalidOperationException">The views have different numbers of rows.</exception>
    public bool MoveNext()
    {
        int moved = _cursors.Values.Count(cursor => cursor.MoveNext());
        if (moved > 0 && moved < _cursors.Count)
            throw new InvalidOperationException("The steps that make the label, task or time column must give one row for each row that they read; got another number of rows. Rows cannot be matched with their labels. Leave steps that filter or add rows out of the pipeline.");
        return moved > 0;
    }

    public void Dispose()
    {
        foreach (DataViewRowCursor cursor in _cursors.Values)
            cursor.Dispose();
    }
}
