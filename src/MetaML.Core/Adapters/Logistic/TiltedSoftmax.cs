using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>An upper bound on E log Σₖ exp xₖ and its derivatives. The xₖ have means mₖ, and their differences have the variance 2v.</summary>
/// <remarks>
/// <para>The tilted bound is minₐ ½v‖a‖² + log Σₖ exp(mₖ + ½(1 − 2aₖ)v). It equals the expectation at v = 0 (Saul and Jordan 1999;
/// Knowles and Minka, Non-conjugate variational message passing, 2011), and is the closest bound in closed form.</para>
/// <para>The bound is jointly convex in m and a. At the minimum a = g, the softmax of mₖ + ½(1 − 2aₖ)v. The gradient by m is g, the
/// derivative by v is ½(1 − ‖g‖²), and the Hessian by m is M(I + vM)⁻¹, M = diag g − ggᵀ.</para>
/// <para>Each lane of a register holds a row, so that eight rows are computed at once.</para>
/// </remarks>
internal static class TiltedSoftmax
{
    private const int MaximumSteps = 60, MaximumHalvings = 30;
    private const int ClassesOnStack = 64;
    private const double Tolerance = 1e-12;

    /// <summary>Replaces m by g, for eight rows.</summary>
    /// <param name="means">m of the first class in the first eight values, and of each further class after another stride.</param>
    /// <param name="stride">The distance of classes.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="variance">v of each row; not negative.</param>
    /// <returns>The bound of each row.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<double> Apply(Span<double> means, int stride, int classes, Vector512<double> variance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(means.Length, (classes - 1) * stride + LaneProducts.Lanes);
        Span<double> all = classes <= ClassesOnStack ? stackalloc double[3 * LaneProducts.Lanes * classes] : new double[3 * LaneProducts.Lanes * classes];
        ref double g = ref MemoryMarshal.GetReference(means);
        ref double m = ref MemoryMarshal.GetReference(all);
        ref double a = ref Unsafe.Add(ref m, LaneProducts.Lanes * classes);
        ref double direction = ref Unsafe.Add(ref a, LaneProducts.Lanes * classes);
        for (int k = 0; k < classes; k++)
        {
            At(ref g, k, stride).StoreUnsafe(ref m, Offset(k));
            Vector512<double>.Zero.StoreUnsafe(ref a, Offset(k));
        }

        Vector512<double> value = Bound(ref m, ref a, ref g, stride, classes, Vector512<double>.Zero);
        if (variance == Vector512<double>.Zero)
            return value;
        for (int k = 0; k < classes; k++)
            At(ref g, k, stride).StoreUnsafe(ref a, Offset(k));
        value = Bound(ref m, ref a, ref g, stride, classes, variance);
        for (int step = 0; step < MaximumSteps; step++) // Newton's method for a: the gradient is v(a − g), the Hessian v(I + vM)
        {
            Vector512<double> distance = default;
            for (int k = 0; k < classes; k++)
            {
                Vector512<double> difference = Vector512.LoadUnsafe(ref a, Offset(k)) - At(ref g, k, stride);
                distance = Vector512.Max(distance, Vector512.Abs(difference));
                difference.StoreUnsafe(ref direction, Offset(k));
            }

            Vector512<double> isOpen = Vector512.GreaterThan(distance, Vector512.Create(Tolerance)); // also not if a number is not finite
            if (isOpen == Vector512<double>.Zero)
                break;
            Solve(ref g, stride, ref direction, LaneProducts.Lanes, classes, variance);
            Vector512<double> before = value, rate = isOpen & Vector512<double>.One, most = before + 1e-14 * Vector512.Abs(before);
            for (int halving = 0; halving < MaximumHalvings; halving++)
            {
                for (int k = 0; k < classes; k++)
                    (Vector512.LoadUnsafe(ref a, Offset(k)) - rate * Vector512.LoadUnsafe(ref direction, Offset(k))).StoreUnsafe(ref a, Offset(k));
                value = Bound(ref m, ref a, ref g, stride, classes, variance);
                Vector512<double> isLong = Vector512.GreaterThan(value, most) & isOpen;
                if (isLong == Vector512<double>.Zero)
                    break;
                rate = -0.5 * Vector512.Abs(rate) & isLong; // half of the step back
            }
        }

        return value;
    }

    /// <summary>Replaces x by (I + vM)⁻¹x (Sherman and Morrison), for eight rows.</summary>
    /// <param name="g">g, whose sum over classes is 1; as the means of <see cref="Apply"/>.</param>
    /// <param name="x">x; likewise.</param>
    /// <param name="stride">The distance of classes.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="variance">v of each row.</param>
    public static void Solve(ReadOnlySpan<double> g, Span<double> x, int stride, int classes, Vector512<double> variance)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(g.Length, x.Length), (classes - 1) * stride + LaneProducts.Lanes);
        Solve(ref MemoryMarshal.GetReference(g), stride, ref MemoryMarshal.GetReference(x), stride, classes, variance);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Solve(ref double g, int stride, ref double x, int strideOfX, int classes, Vector512<double> variance)
    {
        Vector512<double> product = default, rest = default, one = Vector512<double>.One;
        for (int k = 0; k < classes; k++)
        {
            Vector512<double> value = At(ref g, k, stride), scale = one / (one + variance * value), scaled = At(ref x, k, strideOfX) * scale;
            scaled.StoreUnsafe(ref x, (nuint)(k * strideOfX));
            product += value * scaled;
            rest += value * scale;
        }

        Vector512<double> factor = variance * product / rest;
        for (int k = 0; k < classes; k++)
        {
            Vector512<double> value = At(ref g, k, stride);
            (At(ref x, k, strideOfX) + factor * value / (one + variance * value)).StoreUnsafe(ref x, (nuint)(k * strideOfX));
        }
    }

    // Computes the bound and the softmax g.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector512<double> Bound(ref double m, ref double a, ref double g, int stride, int classes, Vector512<double> variance)
    {
        Vector512<double> largest = Vector512.Create(double.NegativeInfinity), squares = default, sum = default;
        for (int k = 0; k < classes; k++)
        {
            Vector512<double> tilt = Vector512.LoadUnsafe(ref a, Offset(k)), score = Vector512.LoadUnsafe(ref m, Offset(k)) + (Vector512.Create(0.5) - tilt) * variance;
            score.StoreUnsafe(ref g, (nuint)(k * stride));
            largest = Vector512.Max(largest, score);
            squares += tilt * tilt;
        }

        for (int k = 0; k < classes; k++)
        {
            Vector512<double> exponential = Vector512.Exp(At(ref g, k, stride) - largest);
            exponential.StoreUnsafe(ref g, (nuint)(k * stride));
            sum += exponential;
        }

        for (int k = 0; k < classes; k++)
            (At(ref g, k, stride) / sum).StoreUnsafe(ref g, (nuint)(k * stride));
        return 0.5 * variance * squares + largest + Vector512.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> At(ref double start, int k, int stride) => Vector512.LoadUnsafe(ref start, (nuint)(k * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Offset(int k) => (nuint)(k * LaneProducts.Lanes);
}
