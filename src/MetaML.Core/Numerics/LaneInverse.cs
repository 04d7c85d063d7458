using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>Inverts several symmetric positive definite matrices of one size at once: each lane of a register holds a matrix.</summary>
/// <remarks>
/// A = LLᵀ and A⁻¹ = L⁻ᵀL⁻¹, as in <see cref="MatrixAlgebra.InverseOf"/>, but small matrices have no short loops and no sums over lanes. Four sums that
/// share a factor are added up together, so that the factor is loaded once. The bits of an inverse do not depend on the other matrices.
/// </remarks>
internal static class LaneInverse
{
    /// <summary>The number of matrices.</summary>
    public const int Lanes = LaneProducts.Lanes;

    /// <summary>Inverts A + Aₜ for each t.</summary>
    /// <param name="common">A [size, size].</param>
    /// <param name="own">Aₜ [size, size], at most <see cref="Lanes"/>.</param>
    /// <param name="size">Number of rows.</param>
    /// <param name="inverses">Receives each inverse, [size, size].</param>
    /// <param name="logDeterminants">Receives log |A + Aₜ|.</param>
    /// <exception cref="ArithmeticException">A matrix is not positive definite, or holds NaN.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Invert(double[] common, ReadOnlySpan<double[]> own, int size, ReadOnlySpan<double[]> inverses, Span<double> logDeterminants)
    {
        int triangle = size * (size + 1) / 2 * Lanes;
        double[] buffer = ArrayPool<double>.Shared.Rent(2 * triangle + Lanes);
        Span<double> lower = buffer.AsSpan(0, triangle), root = buffer.AsSpan(triangle, triangle), logs = buffer.AsSpan(2 * triangle, Lanes);
        for (int t = 0; t < Lanes; t++)
        {
            double[] a = own[Math.Min(t, own.Length - 1)];
            for (int i = 0, to = t; i < size; i++)
            {
                for (int j = 0; j <= i; j++, to += Lanes)
                    lower[to] = common[i * size + j] + a[i * size + j];
            }
        }

        Factor(ref MemoryMarshal.GetReference(lower), size, logs);
        InvertLower(ref MemoryMarshal.GetReference(lower), ref MemoryMarshal.GetReference(root), size);
        SquareTranspose(ref MemoryMarshal.GetReference(root), ref MemoryMarshal.GetReference(lower), size);
        for (int t = 0; t < own.Length; t++)
        {
            double[] inverse = inverses[t];
            for (int i = 0, from = t; i < size; i++)
            {
                for (int j = 0; j <= i; j++, from += Lanes)
                    inverse[i * size + j] = inverse[j * size + i] = lower[from];
            }

            logDeterminants[t] = logs[t];
        }

        ArrayPool<double>.Shared.Return(buffer);
    }

    // The row i of a lower triangle begins at i(i + 1)/2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref double Row(ref double triangle, int i) => ref Unsafe.Add(ref triangle, i * (i + 1) / 2 * Lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> At(ref double row, int j) => Vector512.LoadUnsafe(ref row, (nuint)(j * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(ref double row, int j, Vector512<double> value) => value.StoreUnsafe(ref row, (nuint)(j * Lanes));

    // L, column by column; the diagonal holds 1 / Lⱼⱼ. If fewer than four rows remain, the last is computed again for each missing one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Factor(ref double a, int size, Span<double> logDeterminants)
    {
        Vector512<double> logs = default;
        for (int j = 0; j < size; j++)
        {
            ref double rowJ = ref Row(ref a, j);
            Vector512<double> pivot = At(ref rowJ, j);
            for (int k = 0; k < j; k++)
            {
                Vector512<double> value = At(ref rowJ, k);
                pivot = Vector512.FusedMultiplyAdd(-value, value, pivot);
            }

            if (!Vector512.GreaterThanAll(pivot, Vector512<double>.Zero))
                throw new ArithmeticException($"The matrix must be positive definite; got the pivots {pivot} in row {j}.");
            logs += Vector512.Log(pivot);
            Vector512<double> scale = Vector512<double>.One / Vector512.Sqrt(pivot);
            Set(ref rowJ, j, scale);
            for (int i = j + 1; i < size; i += 4)
            {
                int last = size - 1 - i;
                ref double r0 = ref Row(ref a, i);
                ref double r1 = ref Row(ref a, i + Math.Min(1, last));
                ref double r2 = ref Row(ref a, i + Math.Min(2, last));
                ref double r3 = ref Row(ref a, i + Math.Min(3, last));
                Vector512<double> s0 = At(ref r0, j), s1 = At(ref r1, j), s2 = At(ref r2, j), s3 = At(ref r3, j);
                for (int k = 0; k < j; k++)
                {
                    Vector512<double> value = -At(ref rowJ, k);
                    s0 = Vector512.FusedMultiplyAdd(value, At(ref r0, k), s0);
                    s1 = Vector512.FusedMultiplyAdd(value, At(ref r1, k), s1);
                    s2 = Vector512.FusedMultiplyAdd(value, At(ref r2, k), s2);
                    s3 = Vector512.FusedMultiplyAdd(value, At(ref r3, k), s3);
                }

                Set(ref r0, j, s0 * scale);
                Set(ref r1, j, s1 * scale);
                Set(ref r2, j, s2 * scale);
                Set(ref r3, j, s3 * scale);
            }
        }

        logs.CopyTo(logDeterminants);
    }

    // X = L⁻¹, row by row: Xᵢⱼ = −(Σₖ LᵢₖXₖⱼ) / Lᵢᵢ.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InvertLower(ref double lower, ref double inverse, int size)
    {
        for (int i = 0; i < size; i++)
        {
            ref double rowL = ref Row(ref lower, i);
            ref double rowX = ref Row(ref inverse, i);
            Vector512<double> scale = At(ref rowL, i);
            Set(ref rowX, i, scale);
            scale = -scale;
            for (int j = 0; j < i; j += 4) // four columns, of which those after i − 1 are not stored
            {
                int width = Math.Min(4, i - j);
                Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
                for (int k = j; k < Math.Min(j + 3, i); k++)
                {
                    Vector512<double> value = At(ref rowL, k);
                    ref double x = ref Row(ref inverse, k);
                    s0 = Vector512.FusedMultiplyAdd(value, At(ref x, j), s0);
                    if (k > j)
                        s1 = Vector512.FusedMultiplyAdd(value, At(ref x, j + 1), s1);
                    if (k > j + 1)
                        s2 = Vector512.FusedMultiplyAdd(value, At(ref x, j + 2), s2);
                }

                for (int k = j + 3; k < i; k++)
                {
                    Vector512<double> value = At(ref rowL, k);
                    ref double x = ref Unsafe.Add(ref Row(ref inverse, k), j * Lanes);
                    s0 = Vector512.FusedMultiplyAdd(value, At(ref x, 0), s0);
                    s1 = Vector512.FusedMultiplyAdd(value, At(ref x, 1), s1);
                    s2 = Vector512.FusedMultiplyAdd(value, At(ref x, 2), s2);
                    s3 = Vector512.FusedMultiplyAdd(value, At(ref x, 3), s3);
                }

                Set(ref rowX, j, s0 * scale);
                if (width > 1)
                    Set(ref rowX, j + 1, s1 * scale);
                if (width > 2)
                    Set(ref rowX, j + 2, s2 * scale);
                if (width > 3)
                    Set(ref rowX, j + 3, s3 * scale);
            }
        }
    }

    // The lower triangle of XᵀX: Σₖ≥ᵢ XₖᵢXₖⱼ.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SquareTranspose(ref double root, ref double square, int size)
    {
        for (int i = 0; i < size; i++)
        {
            ref double target = ref Row(ref square, i);
            for (int j = 0; j <= i; j += 4)
            {
                int last = i - j;
                Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
                int o1 = Math.Min(1, last) * Lanes, o2 = Math.Min(2, last) * Lanes, o3 = Math.Min(3, last) * Lanes;
                for (int k = i; k < size; k++)
                {
                    ref double row = ref Row(ref root, k);
                    Vector512<double> value = At(ref row, i);
                    ref double x = ref Unsafe.Add(ref row, j * Lanes);
                    s0 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref x), s0);
                    s1 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref x, (nuint)o1), s1);
                    s2 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref x, (nuint)o2), s2);
                    s3 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref x, (nuint)o3), s3);
                }

                Set(ref target, j, s0);
                if (last > 0)
                    Set(ref target, j + 1, s1);
                if (last > 1)
                    Set(ref target, j + 2, s2);
                if (last > 2)
                    Set(ref target, j + 3, s3);
            }
        }
    }
}
