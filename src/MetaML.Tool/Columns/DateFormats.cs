using System.Globalization;
using System.Numerics;

namespace MetaML.Tool.Columns;

/// <summary>The formats of dates that are recognised. A set of formats is a bit mask.</summary>
internal static class DateFormats
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK",
        "yyyy/M/d", "yyyy/M/d HH:mm", "yyyy/M/d HH:mm:ss", "yyyy-MM",
        "d.M.yyyy", "d.M.yyyy HH:mm", "d.M.yyyy HH:mm:ss", "d/M/yyyy", "d/M/yyyy HH:mm", "d/M/yyyy HH:mm:ss", "d-M-yyyy",
        "M/d/yyyy", "M/d/yyyy HH:mm", "M/d/yyyy HH:mm:ss", "M/d/yyyy h:mm tt", "M/d/yyyy h:mm:ss tt",
        "d-MMM-yyyy", "d MMM yyyy", "MMM d, yyyy", "d MMMM yyyy", "MMMM d, yyyy",
    ];

    /// <summary>The set of all formats.</summary>
    public static ulong All => (1UL << s_formats.Length) - 1;

    /// <summary>Number of formats.</summary>
    public static int Count => s_formats.Length;

    /// <summary>The number of the first format of a set that is not empty.</summary>
    public static int FirstOf(ulong formats) => BitOperations.TrailingZeroCount(formats);

    /// <summary>The formats of a set that a cell has.</summary>
    /// <param name="formats">The set.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="dates">Receives the date by each of these formats.</param>
    public static ulong Matching(ulong formats, ReadOnlySpan<char> cell, Span<DateTime> dates)
    {
        if (cell.Length is < 7 or > 40)
            return 0;
        ulong matching = 0;
        for (ulong rest = formats; rest != 0; rest &= rest - 1)
        {
            int number = FirstOf(rest);
            if (TryParse(cell, s_formats[number], out dates[number]))
                matching |= 1UL << number;
        }

        return matching;
    }

    /// <summary>The first format of a set that is not empty. Where day and month cannot be told apart, the day is first.</summary>
    public static string First(ulong formats) => s_formats[FirstOf(formats)];

    /// <summary>Whether the first number of dates such as 3/4/2024 can be the day and can be the month.</summary>
    public static bool IsAmbiguous(ulong formats) => First(formats).StartsWith("d/M", StringComparison.Ordinal) && Array.Exists(s_formats, format => format.StartsWith("M/d", StringComparison.Ordinal) && (formats >> Array.IndexOf(s_formats, format) & 1) != 0);

    /// <summary>Reads a date. Times with a zone are given in UTC.</summary>
    public static bool TryParse(ReadOnlySpan<char> cell, string format, out DateTime date) =>
        DateTime.TryParseExact(cell, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out date);
}
