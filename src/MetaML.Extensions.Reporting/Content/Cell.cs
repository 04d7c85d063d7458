using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>A table's cell.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Number">What it is sorted by; null for text.</param>
internal readonly record struct Cell(string Text, double? Number = null)
{
    public static Cell Of(double value) => new(Display.Number(value), value);

    public static Cell Of(MeanInterval? value) => value is { } interval ? new Cell(Display.Interval(interval), interval.Mean) : Empty;

    public static Cell Gain(double value) => new(Display.Signed(value), value);

    public static Cell Count(long value) => new(Display.Count(value), value);

    /// <summary>Nothing, at the end of numbers.</summary>
    public static Cell Empty => new(Display.Nothing, double.NaN);

    public static implicit operator Cell(string text) => new(text);
}
