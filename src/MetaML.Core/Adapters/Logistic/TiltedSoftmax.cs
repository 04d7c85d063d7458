using System.Numerics.Tensors;

namespace MetaML.Adapters.Logistic;

/// <summary>A bound on E log Σₖ exp xₖ where the xₖ have means mₖ and their differences the variance 2v, and its derivatives.</summary>
/// <remarks>
/// <para>minₐ ½v‖a‖² + log Σₖ exp(mₖ + ½(1 − 2aₖ)v), which is at least the expectation and equals it at v = 0: the tilted bound
/// (Saul and Jordan 1999; Knowles and Minka, Non-conjugate variational message passing, 2011), of all closed forms the closest.</para>
/// <para>It is convex in m and a together. At the minimum a = g, the softmax above; the gradient by m is g, the derivative by v
/// ½(1 − ‖g‖²), and the Hessian by m is M(I + vM)⁻¹, M = diag g − ggᵀ.</para>
/// </remarks>
internal static class TiltedSoftmax
{
    private const int MaximumSteps = 60, MaximumHalvings = 30;
    private const double Tolerance = 1e-13;

    /// <summary>Replaces m by g.</summary>
    /// <param name="means">m.</param>
    /// <param name="variance">v; not negative.</param>
    /// <returns>The bound.</returns>
    public static double Apply(Span<double> means, double variance)
    {
        int classes = means.Length;
        Span<double> all = classes <= 256 ? stackalloc double[4 * classes] : new double[4 * classes];
        Span<double> m = all[..classes], a = all.Slice(classes, classes), next = all.Slice(2 * classes, classes), direction = all[(3 * classes)..];
        means.CopyTo(m);
        a.Clear();
        double value = Bound(m, a, 0, means);
        if (variance == 0)
            return value;
        means.CopyTo(a);
        value = Bound(m, a, variance, means);
        for (int step = 0; step < MaximumSteps; step++) // Newton's method on a, whose gradient is v(a − g) and Hessian v(I + vM)
        {
            TensorPrimitives.Subtract(a, means, direction);
            if (!(TensorPrimitives.MaxMagnitude<double>(direction) is > Tolerance or < -Tolerance))
                break;
            Solve(means, variance, direction);
            double rate = 1, before = value;
            for (int halving = 0; halving < MaximumHalvings; halving++, rate /= 2)
            {
                TensorPrimitives.MultiplyAdd(direction, -rate, a, next);
                value = Bound(m, next, variance, means);
                if (value <= before + 1e-14 * Math.Abs(before))
                    break;
            }

            next.CopyTo(a);
        }

        return value;
    }

    /// <summary>Replaces x by (I + vM)⁻¹x (Sherman and Morrison).</summary>
    /// <param name="g">Sums to 1.</param>
    /// <param name="variance">v.</param>
    /// <param name="x">As long as g.</param>
    public static void Solve(ReadOnlySpan<double> g, double variance, Span<double> x)
    {
        double product = 0, rest = 0;
        for (int k = 0; k < x.Length; k++)
        {
            double scale = 1 + variance * g[k];
            x[k] /= scale;
            product += g[k] * x[k];
            rest += g[k] / scale;
        }

        for (int k = 0; k < x.Length; k++)
            x[k] += variance * product / rest * g[k] / (1 + variance * g[k]);
    }

    // Also the softmax g.
    private static double Bound(ReadOnlySpan<double> m, ReadOnlySpan<double> a, double variance, Span<double> g)
    {
        for (int k = 0; k < g.Length; k++)
            g[k] = m[k] + 0.5 * (1 - 2 * a[k]) * variance;
        double most = TensorPrimitives.Max<double>(g);
        TensorPrimitives.Subtract(g, most, g);
        TensorPrimitives.Exp(g, g);
        double sum = TensorPrimitives.Sum<double>(g);
        TensorPrimitives.Divide(g, sum, g);
        return 0.5 * variance * TensorPrimitives.SumOfSquares(a) + most + Math.Log(sum);
    }
}
