using System.Globalization;

namespace MetaML.Extensions.Reporting.Figures.Canvas;

/// <summary>A linear map from values to pixel positions.</summary>
/// <param name="Minimum">The value at <paramref name="From"/>.</param>
/// <param name="Maximum">The value at <paramref name="To"/>.</param>
/// <param name="From">The first position.</param>
/// <param name="To">The last position.</param>
internal readonly record struct Scale(double Minimum, double Maximum, double From, double To)
{
    private static readonly int[] s_steps = [1, 2, 5, 10, 20, 50];

    /// <summary>The position of a value.</summary>
    public double this[double value] => From + (value - Minimum) / (Maximum - Minimum) * (To - From);

    /// <summary>A scale that contains all values, with a margin at both ends.</summary>
    public static Scale Of(IEnumerable<double> values, double from, double to)
    {
        double least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (double value in values.Where(double.IsFinite))
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        if (least > greatest)
            (least, greatest) = (0, 1);
        double margin = greatest > least ? 0.05 * (greatest - least) : Math.Max(Math.Abs(least), 1) * 0.1;
        return new Scale(least - margin, greatest + margin, from, to);
    }

    /// <summary>Round values at equal distances, with their labels.</summary>
    /// <param name="maximumCount">The largest number of values.</param>
    public IEnumerable<(double Value, string Label)> Ticks(int maximumCount)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10((Maximum - Minimum) / maximumCount)));
        (double first, double last) = (Minimum, Maximum);
        double step = s_steps.Select(factor => factor * power).First(size => Math.Floor(last / size) - Math.Ceiling(first / size) < maximumCount);
        string format = $"N{Math.Clamp(-(int)Math.Floor(Math.Log10(step) + 1e-9), 0, 12)}";
        for (double tick = Math.Ceiling(Minimum / step); tick * step <= Maximum; tick++)
            yield return (tick * step, (tick == 0 ? 0 : tick * step).ToString(format, CultureInfo.InvariantCulture).Replace('-', '−'));
    }
}
