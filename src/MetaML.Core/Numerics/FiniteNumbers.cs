using System.Numerics;
using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>Whether numbers are finite: neither NaN nor infinite.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether all numbers are finite. It is true where there are none, where <c>TensorPrimitives.IsFiniteAll</c> is false.</summary>
    /// <typeparam name="T">The type of the numbers.</typeparam>
    /// <param name="values">Any number of them.</param>
    public static bool AreAll<T>(ReadOnlySpan<T> values)
        where T : INumberBase<T>
    {
#pragma warning disable RS0030 // the one place that may call it
        return values.IsEmpty || TensorPrimitives.IsFiniteAll(values);
#pragma warning restore RS0030
    }
}
