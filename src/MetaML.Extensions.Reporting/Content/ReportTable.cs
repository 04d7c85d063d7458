using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A table of a report.</summary>
/// <param name="Caption">What is in it.</param>
/// <param name="Columns">Its columns' heads; numbers are right-aligned, a row's first cell is its head.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record ReportTable(string Caption, IReadOnlyList<(string Head, bool IsNumeric)> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
    /// <summary>The row to set off from the others; none where negative.</summary>
    public int Highlighted { get; init; } = -1;

    /// <summary>Said below the table; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The first and the last rows where there are too many, with a note that says so.</summary>
    public ReportTable Shortened(int most, string where) => Rows.Count <= most ? this : this with
    {
        Rows = [.. Rows.Take(most / 2), .. Rows.TakeLast(most - most / 2)],
        Note = $"The first {Display.Count(most / 2)} and the last {Display.Count(most - most / 2)} of {Display.Count(Rows.Count)}; {where} has them all.",
    };
}
