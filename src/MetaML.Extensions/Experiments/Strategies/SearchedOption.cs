namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>A numeric option that the search changes, on a logarithmic scale.</summary>
/// <param name="Name">The name in the names of strategies.</param>
/// <param name="Least">The smallest value, above 0.</param>
/// <param name="Default">The value of the strategy before the search.</param>
/// <param name="Most">The largest value.</param>
/// <param name="IsWhole">Whether values are whole numbers.</param>
internal sealed record SearchedOption(string Name, double Least, double Default, double Most, bool IsWhole = false)
{
    /// <summary>The position of the default between the smallest value, 0, and the largest, 1.</summary>
    public double DefaultPosition => Math.Log(Default / Least) / Math.Log(Most / Least);

    /// <summary>The value at a position from 0 to 1, with two significant digits.</summary>
    public double ValueAt(double position)
    {
        double value = Least * Math.Pow(Most / Least, position), unit = Math.Pow(10, Math.Floor(Math.Log10(value)) - 1);
        value = Math.Clamp(Math.Round(value / unit) * unit, Least, Most);
        return IsWhole ? Math.Round(value) : value;
    }
}
