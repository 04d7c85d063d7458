namespace MetaML.Adapters.Logistic;

/// <summary>E log(1 + eˣ) for x ~ N(m, v), and its first two derivatives by m: E σ(x) and E σ'(x).</summary>
/// <remarks>
/// Computed by the trapezoidal rule. Its error is below 1e-10, because it falls exponentially for analytic functions (Trefethen
/// and Weideman, The exponentially convergent trapezoidal rule, 2014).
/// </remarks>
internal static class LogisticExpectation
{
    // In standard deviations. The normal density beyond this reach is negligible.
    private const double Reach = 7.5, WidestStep = 0.85;

    // σ(m + √v t) has its nearest pole at |Im t| = π / √v.
    private const double StepTimesDeviation = 0.66;

    /// <summary>The expectation and its two derivatives.</summary>
    /// <param name="mean">m.</param>
    /// <param name="variance">v; not negative.</param>
    public static (double Value, double Probability, double Curvature) Of(double mean, double variance)
    {
        double deviation = Math.Sqrt(variance), step = Math.Min(WidestStep, StepTimesDeviation / deviation);
        int reach = variance > 0 ? (int)Math.Ceiling(Reach / step) : 0;
        double total = 0, value = 0, probability = 0, curvature = 0;
        for (int i = -reach; i <= reach; i++)
        {
            double t = reach == 0 ? 0 : i * step, weight = Math.Exp(-0.5 * t * t), x = mean + deviation * t;
            double tail = Math.Exp(-Math.Abs(x)), other = 1 / (1 + tail); // no overflow
            total += weight;
            value += weight * (Math.Max(x, 0) + Math.Log(1 + tail));
            probability += weight * (x > 0 ? other : tail * other);
            curvature += weight * tail * other * other;
        }

        return (value / total, probability / total, curvature / total);
    }
}
