using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>Products of a few vectors with a matrix of many rows, which is stored by columns: each lane of a register holds a row.</summary>
/// <remarks>Columns are padded to <see cref="Stride"/> values; the padding takes part in the arithmetic. All sums have a fixed order.</remarks>
internal static class LaneProducts
{
    /// <summary>The number of lanes of a register.</summary>
    public const int Lanes = 8;

    /// <summary>The length of a padded column: whole registers, and an odd number of them, since columns at a distance of a power of 2 displace each other from the cache.</summary>
    /// <param name="rows">Number of rows.</param>
    public static int Stride(int rows) => ((rows + Lanes - 1) / Lanes | 1) * Lanes;

    /// <summary>S += V Cᵀ: for each vector, the combination of the columns with its values as factors.</summary>
    /// <param name="vectors">V [count, width].</param>
    /// <param name="columns">C by columns, [width, stride].</param>
    /// <param name="sums">S [count, stride].</param>
    /// <param name="stride">The length of a column; a multiple of <see cref="Lanes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddCombinations(ReadOnlySpan<double> vectors, ReadOnlySpan<double> columns, Span<double> sums, int stride)
    {
        int width = columns.Length / stride, count = sums.Length / stride;
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Length, count * width);
        ref double c = ref MemoryMarshal.GetReference(columns);
        for (int k = 0; k < count; k++)
        {
            ref double factors = ref Unsafe.Add(ref MemoryMarshal.GetReference(vectors), k * width);
            ref double target = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), k * stride);
            int r = 0;
            for (; r + 4 * Lanes <= stride; r += 4 * Lanes)
            {
                ref double from = ref Unsafe.Add(ref c, r);
                ref double to = ref Unsafe.Add(ref target, r);
                Vector512<double> s0 = At(ref to, 0), s1 = At(ref to, 1), s2 = At(ref to, 2), s3 = At(ref to, 3);
                for (int j = 0; j < width; j++)
                {
                    Vector512<double> factor = Vector512.Create(Unsafe.Add(ref factors, j));
                    s0 = Vector512.FusedMultiplyAdd(factor, At(ref from, 0), s0);
                    s1 = Vector512.FusedMultiplyAdd(factor, At(ref from, 1), s1);
                    s2 = Vector512.FusedMultiplyAdd(factor, At(ref from, 2), s2);
                    s3 = Vector512.FusedMultiplyAdd(factor, At(ref from, 3), s3);
                    from = ref Unsafe.Add(ref from, stride);
                }

                s0.StoreUnsafe(ref to);
                s1.StoreUnsafe(ref to, Lanes);
                s2.StoreUnsafe(ref to, 2 * Lanes);
                s3.StoreUnsafe(ref to, 3 * Lanes);
            }

            for (; r < stride; r += Lanes)
            {
                ref double from = ref Unsafe.Add(ref c, r);
                ref double to = ref Unsafe.Add(ref target, r);
                Vector512<double> sum = At(ref to, 0);
                for (int j = 0; j < width; j++)
                {
                    sum = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref factors, j)), At(ref from, 0), sum);
                    from = ref Unsafe.Add(ref from, stride);
                }

                sum.StoreUnsafe(ref to);
            }
        }
    }

    /// <summary>V += S C: the products of each vector of rows with the columns.</summary>
    /// <param name="sums">S [count, stride].</param>
    /// <param name="columns">C by columns, [width, stride].</param>
    /// <param name="vectors">V [count, width].</param>
    /// <param name="stride">The length of a column; a multiple of <see cref="Lanes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProducts(ReadOnlySpan<double> sums, ReadOnlySpan<double> columns, Span<double> vectors, int stride)
    {
        int width = columns.Length / stride, count = sums.Length / stride;
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Length, count * width);
        ref double c = ref MemoryMarshal.GetReference(columns);
        for (int k = 0; k < count; k++)
        {
            ref double values = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), k * stride);
            for (int j = 0; j < width; j += 4) // if fewer than four columns remain, the last is computed again for each missing one
            {
                int last = width - 1 - j;
                ref double c0 = ref Unsafe.Add(ref c, j * stride);
                ref double c1 = ref Unsafe.Add(ref c0, Math.Min(1, last) * stride);
                ref double c2 = ref Unsafe.Add(ref c0, Math.Min(2, last) * stride);
                ref double c3 = ref Unsafe.Add(ref c0, Math.Min(3, last) * stride);
                Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int r = 0; r < stride; r += Lanes)
                {
                    Vector512<double> value = Vector512.LoadUnsafe(ref values, (nuint)r);
                    s0 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref c0, (nuint)r), s0);
                    s1 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref c1, (nuint)r), s1);
                    s2 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref c2, (nuint)r), s2);
                    s3 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref c3, (nuint)r), s3);
                }

                int at = k * width + j;
                vectors[at] += Vector512.Sum(s0);
                if (last > 0)
                    vectors[at + 1] += Vector512.Sum(s1);
                if (last > 1)
                    vectors[at + 2] += Vector512.Sum(s2);
                if (last > 2)
                    vectors[at + 3] += Vector512.Sum(s3);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> At(ref double start, int register) => Vector512.LoadUnsafe(ref start, (nuint)(register * Lanes));
}
