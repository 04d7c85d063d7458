using System.Globalization;

namespace MetaML.Extensions.Reporting.Figures;

/// <summary>Places values between two pixels.</summary>
/// <param name="Minimum">The value at <paramref name="From"/>.</param>
/// <param name="Maximum">The value at <paramref name="To"/>.</param>
/// <param name="From">A pixel.</param>
/// <param name="To">A pixel.</param>
internal readonly record struct Scale(double Minimum, double Maximum, double From, double To)
{
    private static readonly int[] s_steps = [1, 2, 5, 10, 20, 50];

    /// <summary>The pixel of a value.</summary>
    public double this[double value] => From + (value - Minimum) / (Maximum - Minimum) * (To - From);

    /// <summary>A scale that shows all values, with a little room at both ends.</summary>
    public static Scale Of(IEnumerable<double> values, double from, double to)
    {
        double least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (double value in values.Where(double.IsFinite))
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        if (least > greatest)
            (least, greatest) = (0, 1);
        double room = greatest > least ? 0.05 * (greatest - least) : Math.Max(Math.Abs(least), 1) * 0.1;
        return new Scale(least - room, greatest + room, from, to);
    }

    /// <summary>Round values at equal distances, with their labels.</summary>
    /// <param name="most">At most so many.</param>
    public IEnumerable<(double Value, string Label)> Ticks(int most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10((Maximum - Minimum) / most)));
        (double first, double last) = (Minimum, Maximum);
        double step = s_steps.Select(factor => factor * power).First(size => Math.Floor(last / size) - Math.Ceiling(first / size) < most);
        string format = $"N{Math.Clamp(-(int)Math.Floor(Math.Log10(step) + 1e-9), 0, 12)}";
        for (double tick = Math.Ceiling(Minimum / step); tick * step <= Maximum; tick++)
            yield return (tick * step, (tick == 0 ? 0 : tick * step).ToString(format, CultureInfo.InvariantCulture).Replace('-', '−'));
    }
}
