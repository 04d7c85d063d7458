using System.Numerics.Tensors;

namespace MetaML.Adapters.Logistic;

/// <summary>An upper bound on E log Σₖ exp xₖ and its derivatives. The xₖ have means mₖ, and their differences have the variance 2v.</summary>
/// <remarks>
/// <para>The tilted bound is minₐ ½v‖a‖² + log Σₖ exp(mₖ + ½(1 − 2aₖ)v). It equals the expectation at v = 0 (Saul and Jordan 1999;
/// Knowles and Minka, Non-conjugate variational message passing, 2011), and is the closest bound in closed form.</para>
/// <para>The bound is jointly convex in m and a. At the minimum a = g, the softmax of mₖ + ½(1 − 2aₖ)v. The gradient by m is g, the
/// derivative by v is ½(1 − ‖g‖²), and the Hessian by m is M(I + vM)⁻¹, M = diag g − ggᵀ.</para>
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
        for (int step = 0; step < MaximumSteps; step++) // Newton's method for a: the gradient is v(a − g), the Hessian v(I + vM)
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
    /// <param name="g">g; its sum is 1.</param>
    /// <param name="variance">v.</param>
    /// <param name="x">x, of the length of g.</param>
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

    // Computes the bound and the softmax g.
    private static double Bound(ReadOnlySpan<double> m, ReadOnlySpan<double> a, double variance, Span<double> g)
    {
        for (int k = 0; k < g.Length; k++)
            g[k] = m[k] + 0.5 * (1 - 2 * a[k]) * variance;
        double largest = TensorPrimitives.Max<double>(g);
        TensorPrimitives.Subtract(g, largest, g);
        TensorPrimitives.Exp(g, g);
        double sum = TensorPrimitives.Sum<double>(g);
        TensorPrimitives.Divide(g, sum, g);
        return 0.5 * variance * TensorPrimitives.SumOfSquares(a) + largest + Math.Log(sum);
    }
}
