namespace MetaML.Numerics;

/// <summary>The logarithm of the gamma function, and its derivative.</summary>
/// <remarks>Stirling's series for arguments of at least 7, and the recurrence Γ(x + 1) = x Γ(x) below (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, chapter 6). The error is below 1e-12.</remarks>
internal static class GammaFunction
{
    private const double Smallest = 7; // of the series

    /// <summary>log Γ(x).</summary>
    /// <param name="x">Positive; for other numbers the result is NaN.</param>
    public static double Log(double x)
    {
        if (!(x > 0))
            return double.NaN;
        double below = 0;
        for (; x < Smallest; x++)
            below += Math.Log(x);
        double inverse = 1 / x, square = inverse * inverse;
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + inverse * (1 / 12.0 - square * (1 / 360.0 - square * (1 / 1260.0 - square * (1 / 1680.0 - square / 1188)))) - below;
    }

    /// <summary>ψ(x): the derivative of log Γ(x).</summary>
    /// <param name="x">Positive; for other numbers the result is NaN.</param>
    public static double Digamma(double x)
    {
        if (!(x > 0))
            return double.NaN;
        double below = 0;
        for (; x < Smallest; x++)
            below += 1 / x;
        double inverse = 1 / x, square = inverse * inverse;
        return Math.Log(x) - inverse / 2 - square * (1 / 12.0 - square * (1 / 120.0 - square * (1 / 252.0 - square * (1 / 240.0 - square * (1 / 132.0 - square * 691 / 32760))))) - below;
    }
}
