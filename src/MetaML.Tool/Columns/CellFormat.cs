using System.Globalization;

namespace MetaML.Tool.Columns;

/// <summary>How numbers and missing values are written.</summary>
/// <param name="DecimalComma">Whether numbers have a decimal comma.</param>
/// <param name="Missing">Texts that stand for a missing value, beside the usual ones.</param>
internal sealed record CellFormat(bool DecimalComma, IReadOnlyList<string> Missing)
{
    /// <summary>The texts that stand for a missing value in every file, beside empty cells.</summary>
    public static readonly IReadOnlyList<string> UsualMissing = ["NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "Null", "?", "-", "."];

    private static readonly HashSet<string> s_missing = new(UsualMissing, StringComparer.Ordinal);

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> s_missingSpans = s_missing.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a cell has no value.</summary>
    public bool IsMissing(ReadOnlySpan<char> cell)
    {
        if (cell.IsEmpty || (cell.Length <= 4 && s_missingSpans.Contains(cell)))
            return true;
        foreach (string missing in Missing)
        {
            if (cell.SequenceEqual(missing))
                return true;
        }

        return false;
    }

    /// <summary>Reads a number: "12", "-1.5e3", "12 %" (as 12), and with a decimal comma "1,5".</summary>
    public bool TryNumber(ReadOnlySpan<char> cell, out double number)
    {
        if (cell[^1] == '%')
            cell = cell[..^1].TrimEnd();
        if (!DecimalComma)
            return double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
        if (cell.Length > 64 || cell.Contains('.'))
        {
            number = 0;
            return false;
        }

        Span<char> text = stackalloc char[cell.Length];
        cell.Replace(text, ',', '.');
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
