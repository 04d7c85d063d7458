namespace MetaML.Numerics;

/// <summary>The minimum of a function of one number that has one minimum in an interval.</summary>
/// <remarks>Source: Kiefer, Sequential minimax search for a maximum, 1953.</remarks>
internal static class GoldenSection
{
    private static readonly double s_ratio = (Math.Sqrt(5) - 1) / 2;

    /// <summary>The middle of the interval in which the minimum is.</summary>
    /// <param name="function">The function.</param>
    /// <param name="low">The lower end of the interval.</param>
    /// <param name="high">Its upper end.</param>
    /// <param name="steps">The number of steps. Each makes the interval shorter by the factor 0.618.</param>
    public static double Minimum(Func<double, double> function, double low, double high, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            double left = high - s_ratio * (high - low), right = low + s_ratio * (high - low);
            if (function(left) > function(right))
                low = left;
            else
                high = right;
        }

        return (low + high) / 2;
    }
}
