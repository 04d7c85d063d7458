using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A table of a report.</summary>
/// <param name="Caption">The caption.</param>
/// <param name="Columns">The header of each column, and whether its cells are right-aligned numbers.</param>
/// <param name="Rows">The rows. The first cell of a row is its header.</param>
internal sealed record ReportTable(string Caption, IReadOnlyList<(string Head, bool IsNumeric)> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
    /// <summary>The index of the highlighted row; negative for none.</summary>
    public int Highlighted { get; init; } = -1;

    /// <summary>A note below the table, or null.</summary>
    public string? Note { get; init; }

    /// <summary>If the table has too many rows, a table of the first and last rows, with a note.</summary>
    /// <param name="maximumCount">The largest number of rows.</param>
    /// <param name="completeFile">The file that contains all rows, for the note.</param>
    public ReportTable Shortened(int maximumCount, string completeFile) => Rows.Count <= maximumCount ? this : this with
    {
        Rows = [.. Rows.Take(maximumCount / 2), .. Rows.TakeLast(maximumCount - maximumCount / 2)],
        Note = $"The first {Display.Count(maximumCount / 2)} and the last {Display.Count(maximumCount - maximumCount / 2)} of {Display.Count(Rows.Count)} rows. All rows are in {completeFile}.",
    };
}
