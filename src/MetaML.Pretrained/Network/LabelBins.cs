namespace MetaML.Pretrained.Network;

/// <summary>The bins of a standardised numeric label. The borders between them are sinh(u) for equally spaced u in [−3, 3].</summary>
/// <remarks>Bins are 0.1 wide near the mean and 1 wide ten standard deviations away from it.</remarks>
internal static class LabelBins
{
    /// <summary>The number of bins.</summary>
    public const int Count = 64;

    private const double Limit = 3; // sinh(3) = 10.02
    private const double Step = 2 * Limit / (Count - 2);

    /// <summary>The value that represents each bin: its middle in u.</summary>
    public static ReadOnlySpan<float> Values => s_values;

    private static readonly float[] s_values = [.. Enumerable.Range(0, Count).Select(bin => (float)Math.Sinh((bin - 0.5) * Step - Limit))];

    /// <summary>The lower border of a bin, −∞ for the first.</summary>
    public static double Lower(int bin) => bin == 0 ? double.NegativeInfinity : Math.Sinh((bin - 1) * Step - Limit);

    /// <summary>The bin of a standardised label.</summary>
    public static int Of(double label) => (int)Math.Clamp(Math.Floor((Math.Asinh(label) + Limit) / Step) + 1, 0, Count - 1);
}
