using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A cell of a table.</summary>
/// <param name="Text">The text of the cell.</param>
/// <param name="Number">The number that the cell is sorted by; null to sort by the text.</param>
internal readonly record struct Cell(string Text, double? Number = null)
{
    public static Cell Of(double value) => new(Display.Number(value), value);

    public static Cell Of(MeanInterval? value) => value is { } interval ? new Cell(Display.Interval(interval), interval.Mean) : Empty;

    public static Cell Gain(double value) => new(Display.Signed(value), value);

    public static Cell Count(long value) => new(Display.Count(value), value);

    /// <summary>A duration in seconds.</summary>
    public static Cell Seconds(double value) => new(Display.Seconds(value), value);

    /// <summary>A cell without a number. It is sorted after all numbers.</summary>
    public static Cell Empty => new(Display.Nothing, double.NaN);

    public static implicit operator Cell(string text) => new(text);
}
