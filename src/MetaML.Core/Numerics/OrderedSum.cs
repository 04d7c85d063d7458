using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MetaML.Numerics;

/// <summary>Sums whose bits depend only on the numbers. The bits of TensorPrimitives' sums also depend on the memory address of the numbers.</summary>
internal static class OrderedSum
{
    /// <summary>Σᵢ xᵢyᵢ.</summary>
    /// <typeparam name="T">The precision.</typeparam>
    /// <param name="x">The first factors.</param>
    /// <param name="y">The second factors, as many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static T OfProducts<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length);
        ref T u = ref MemoryMarshal.GetReference(x), v = ref MemoryMarshal.GetReference(y);
        Vector<T> a = default, b = default, c = default, d = default;
        nuint i = 0, size = (nuint)Vector<T>.Count, count = (nuint)x.Length;
        for (; i + 4 * size <= count; i += 4 * size)
        {
            a = Lanes<T>.MultiplyAdd(Vector.LoadUnsafe(ref u, i), Vector.LoadUnsafe(ref v, i), a);
            b = Lanes<T>.MultiplyAdd(Vector.LoadUnsafe(ref u, i + size), Vector.LoadUnsafe(ref v, i + size), b);
            c = Lanes<T>.MultiplyAdd(Vector.LoadUnsafe(ref u, i + 2 * size), Vector.LoadUnsafe(ref v, i + 2 * size), c);
            d = Lanes<T>.MultiplyAdd(Vector.LoadUnsafe(ref u, i + 3 * size), Vector.LoadUnsafe(ref v, i + 3 * size), d);
        }

        for (; i + size <= count; i += size)
            a = Lanes<T>.MultiplyAdd(Vector.LoadUnsafe(ref u, i), Vector.LoadUnsafe(ref v, i), a);
        T sum = Vector.Sum((a + b) + (c + d));
        for (; i < count; i++)
            sum = T.MultiplyAddEstimate(x[(int)i], y[(int)i], sum);
        return sum;
    }

    /// <summary>Σᵢ xᵢ.</summary>
    /// <typeparam name="T">The precision.</typeparam>
    /// <param name="x">The numbers.</param>
    public static T Of<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> a = default;
        int i = 0;
        for (; i + Vector<T>.Count <= x.Length; i += Vector<T>.Count)
            a += new Vector<T>(x[i..]);
        T sum = Vector.Sum(a);
        for (; i < x.Length; i++)
            sum += x[i];
        return sum;
    }
}
