using System.Globalization;

namespace MetaML.Tool.Output;

/// <summary>Numbers for people.</summary>
internal static class NumberText
{
    /// <summary>A number with four significant digits, and at most three behind the decimal point.</summary>
    public static string Of(double value)
    {
        if (double.IsNaN(value))
            return "undefined";
        int digits = value == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return value.ToString($"N{Math.Clamp(3 - digits, 0, 3)}", CultureInfo.InvariantCulture);
    }

    /// <summary>A mean and its 95 % interval.</summary>
    public static string Of(MeanInterval interval) => double.IsNaN(interval.HalfWidth) ? Of(interval.Mean) : $"{Of(interval.Mean)} ± {Of(interval.HalfWidth)}";

    /// <summary>A text with numbers, in the invariant culture.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
