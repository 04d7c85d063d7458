using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MetaML.Numerics;

/// <summary>Operations on dense matrices in row-major order, in double precision, without libtorch.</summary>
/// <remarks>The loops are compiled with full optimisation at their first call, since a fit to small data ends before the runtime would replace the first code of its methods.</remarks>
internal static class MatrixAlgebra
{
    /// <summary>The identity, [size, size].</summary>
    public static T[] Identity<T>(int size)
        where T : INumberBase<T>
    {
        var identity = new T[checked(size * size)];
        for (int i = 0; i < size; i++)
            identity[i * (size + 1)] = T.One;
        return identity;
    }

    /// <summary>A matrix times a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double[] Multiply(double[] matrix, ReadOnlySpan<double> vector)
    {
        var product = new double[vector.Length];
        for (int i = 0; i < product.Length; i++)
            product[i] = OrderedSum.OfProducts<double>(matrix.AsSpan(i * product.Length, product.Length), vector);
        return product;
    }

    /// <summary>y += a x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(ReadOnlySpan<double> x, double a, Span<double> y)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Length, x.Length);
        ref double source = ref MemoryMarshal.GetReference(x);
        ref double target = ref MemoryMarshal.GetReference(y);
        Vector512<double> factor = Vector512.Create(a);
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
            Vector512.FusedMultiplyAdd(factor, Vector512.LoadUnsafe(ref source, (nuint)i), Vector512.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        if (i + 4 <= x.Length)
        {
            Vector256.FusedMultiplyAdd(Vector256.Create(a), Vector256.LoadUnsafe(ref source, (nuint)i), Vector256.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
            i += 4;
        }

        for (; i < x.Length; i++)
            y[i] = Math.FusedMultiplyAdd(a, x[i], y[i]);
    }

    /// <summary>log |A| for A = L Lᵀ.</summary>
    public static double LogDeterminant(double[] lower, int size)
    {
        double sum = 0;
        for (int i = 0; i < size; i++)
            sum += 2 * Math.Log(lower[i * size + i]);
        return sum;
    }

    /// <summary>(L Lᵀ)⁻¹ = L⁻ᵀL⁻¹. It works on whole rows and is therefore faster than <see cref="Cholesky.Inverse"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double[] InverseOf(double[] lower, int size)
    {
        double[] root = LowerInverse(lower, size), inverse = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            ReadOnlySpan<double> row = root.AsSpan(i * size, i + 1);
            for (int j = 0; j <= i; j++)
                AddScaled(row[..(j + 1)], row[j], inverse.AsSpan(j * size, j + 1));
        }

        Mirror(inverse, size);
        return inverse;
    }

    /// <summary>L⁻¹, lower triangular.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double[] LowerInverse(double[] lower, int size)
    {
        var inverse = new double[size * size];
        for (int i = 0; i < size; i++)
        {
            Span<double> row = inverse.AsSpan(i * size, i + 1);
            row[i] = 1;
            for (int k = 0; k < i; k++)
                AddScaled(inverse.AsSpan(k * size, k + 1), -lower[i * size + k], row[..(k + 1)]);
            TensorPrimitives.Divide(row, lower[i * size + i], row);
        }

        return inverse;
    }

    /// <summary>Copies the lower triangle into the upper.</summary>
    public static void Mirror(double[] symmetric, int size)
    {
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < i; j++)
                symmetric[j * size + i] = symmetric[i * size + j];
        }
    }

    /// <summary>Solves L X = B, and overwrites B [size, columns] with X.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SolveLower(double[] lower, int size, double[] b, int columns)
    {
        for (int i = 0; i < size; i++)
        {
            Span<double> right = b.AsSpan(i * columns, columns);
            for (int k = 0; k < i; k++)
                AddScaled(b.AsSpan(k * columns, columns), -lower[i * size + k], right);
            TensorPrimitives.Divide(right, lower[i * size + i], right);
        }
    }

    /// <summary>Solves Lᵀ X = B, and overwrites B [size, columns] with X.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SolveTransposed(double[] lower, int size, double[] b, int columns)
    {
        for (int i = size - 1; i >= 0; i--)
        {
            Span<double> right = b.AsSpan(i * columns, columns);
            for (int k = i + 1; k < size; k++)
                AddScaled(b.AsSpan(k * columns, columns), -lower[k * size + i], right);
            TensorPrimitives.Divide(right, lower[i * size + i], right);
        }
    }

    /// <summary>x − y.</summary>
    public static double[] Difference(double[] x, double[] y)
    {
        var difference = new double[x.Length];
        TensorPrimitives.Subtract(x, y, difference);
        return difference;
    }
}
