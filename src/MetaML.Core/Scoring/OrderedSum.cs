using System.Numerics;
using System.Runtime.InteropServices;

namespace MetaML.Scoring;

/// <summary>Sums whose bits depend on the numbers alone: those of TensorPrimitives also depend on where in memory the numbers stand.</summary>
internal static class OrderedSum
{
    /// <summary>Σᵢ xᵢyᵢ.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="y">As many.</param>
    public static float OfProducts(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length);
        ref float u = ref MemoryMarshal.GetReference(x), v = ref MemoryMarshal.GetReference(y);
        Vector<float> a = default, b = default, c = default, d = default;
        nuint i = 0, size = (nuint)Vector<float>.Count, count = (nuint)x.Length;
        for (; i + 4 * size <= count; i += 4 * size)
        {
            a = Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref u, i), Vector.LoadUnsafe(ref v, i), a);
            b = Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref u, i + size), Vector.LoadUnsafe(ref v, i + size), b);
            c = Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref u, i + 2 * size), Vector.LoadUnsafe(ref v, i + 2 * size), c);
            d = Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref u, i + 3 * size), Vector.LoadUnsafe(ref v, i + 3 * size), d);
        }

        for (; i + size <= count; i += size)
            a = Vector.MultiplyAddEstimate(Vector.LoadUnsafe(ref u, i), Vector.LoadUnsafe(ref v, i), a);
        float sum = Vector.Sum((a + b) + (c + d));
        for (; i < count; i++)
            sum = float.MultiplyAddEstimate(x[(int)i], y[(int)i], sum);
        return sum;
    }

    /// <summary>Σᵢ xᵢ.</summary>
    /// <param name="x">The numbers.</param>
    public static float Of(ReadOnlySpan<float> x)
    {
        Vector<float> a = default;
        int i = 0;
        for (; i + Vector<float>.Count <= x.Length; i += Vector<float>.Count)
            a += new Vector<float>(x[i..]);
        float sum = Vector.Sum(a);
        for (; i < x.Length; i++)
            sum += x[i];
        return sum;
    }
}
