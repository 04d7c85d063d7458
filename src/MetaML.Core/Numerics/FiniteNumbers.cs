using System.Numerics;
using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>Checks whether numbers are finite: neither NaN nor infinite.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether all numbers are finite. The result is true for an empty span, and <c>TensorPrimitives.IsFiniteAll</c> gives false.</summary>
    /// <typeparam name="T">The type of the numbers.</typeparam>
    /// <param name="values">The numbers; may be empty.</param>
    public static bool AreAll<T>(ReadOnlySpan<T> values)
        where T : INumberBase<T>
    {
#pragma warning disable RS0030 // only this method may call IsFiniteAll
        return values.IsEmpty || TensorPrimitives.IsFiniteAll(values);
#pragma warning restore RS0030
    }
}
