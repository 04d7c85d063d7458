using System.Numerics;
using System.Runtime.CompilerServices;

namespace MetaML.Scoring;

/// <summary>Multiplication and addition in one operation, for either precision.</summary>
internal static class Fused
{
    /// <summary>xy + sum; for single and double precision by one instruction where the processor has it.</summary>
    /// <typeparam name="T">The precision.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> MultiplyAdd<T>(Vector<T> x, Vector<T> y, Vector<T> sum)
    {
        if (typeof(T) == typeof(float))
            return Vector.MultiplyAddEstimate(x.As<T, float>(), y.As<T, float>(), sum.As<T, float>()).As<float, T>();
        if (typeof(T) == typeof(double))
            return Vector.MultiplyAddEstimate(x.As<T, double>(), y.As<T, double>(), sum.As<T, double>()).As<double, T>();
        return x * y + sum;
    }
}
