using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace MetaML.Numerics;

/// <summary>Solves symmetric positive definite systems in place, without libtorch.</summary>
internal static class Cholesky
{
    /// <summary>Solves A X = B.</summary>
    /// <param name="a">[size, size], row-major; only the lower triangle is read. It is overwritten with the factor L, where A = L Lᵀ.</param>
    /// <param name="size">Number of rows of A.</param>
    /// <param name="b">[size, columns], row-major; overwritten by X.</param>
    /// <param name="columns">Number of right-hand sides.</param>
    /// <exception cref="ArithmeticException">A is not positive definite, or holds NaN.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Solve(double[] a, int size, double[] b, int columns)
    {
        Factor(a, size);
        for (int i = 0; i < size; i++) // L Y = B
        {
            Span<double> right = b.AsSpan(i * columns, columns);
            for (int k = 0; k < i; k++)
            {
                for (int c = 0; c < columns; c++)
                    right[c] -= a[i * size + k] * b[k * columns + c];
            }

            for (int c = 0; c < columns; c++)
                right[c] /= a[i * size + i];
        }

        for (int i = size - 1; i >= 0; i--) // Lᵀ X = Y
        {
            Span<double> right = b.AsSpan(i * columns, columns);
            for (int k = i + 1; k < size; k++)
            {
                for (int c = 0; c < columns; c++)
                    right[c] -= a[k * size + i] * b[k * columns + c];
            }

            for (int c = 0; c < columns; c++)
                right[c] /= a[i * size + i];
        }
    }

    /// <summary>Overwrites A with its Cholesky factor L, where A = L Lᵀ. L is zero above the diagonal.</summary>
    /// <param name="a">[size, size], row-major; only the lower triangle is read.</param>
    /// <param name="size">Number of rows of A.</param>
    /// <exception cref="ArithmeticException">A is not positive definite, or holds NaN.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Factor(double[] a, int size)
    {
        for (int i = 0; i < size; i++)
        {
            Span<double> rowI = a.AsSpan(i * size, size);
            rowI[(i + 1)..].Clear();
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> rowJ = a.AsSpan(j * size, j + 1);
                double value = rowI[j] - OrderedSum.OfProducts<double>(rowI[..j], rowJ[..j]);
                if (j < i)
                    rowI[j] = value / rowJ[j];
                else if (value > 0)
                    rowI[i] = Math.Sqrt(value);
                else
                    throw new ArithmeticException($"The matrix must be positive definite; got the pivot {value} in row {i}.");
            }
        }
    }

    /// <summary>The same for a positive semidefinite matrix: a dimension without variance of its own gets a column of zeros.</summary>
    /// <param name="a">[size, size], row-major; only the lower triangle is read.</param>
    /// <param name="size">Number of rows of A.</param>
    /// <exception cref="ArithmeticException">A holds NaN.</exception>
    public static void FactorSemidefinite(double[] a, int size)
    {
        const double Smallest = 1e-13; // relative to the diagonal: the rounding error of a pivot
        for (int i = 0; i < size; i++)
        {
            Span<double> rowI = a.AsSpan(i * size, size);
            double diagonal = rowI[i];
            rowI[(i + 1)..].Clear();
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> rowJ = a.AsSpan(j * size, j + 1);
                double value = rowI[j] - TensorPrimitives.Dot(rowI[..j], rowJ[..j]);
                if (j < i)
                    rowI[j] = rowJ[j] > 0 ? value / rowJ[j] : 0;
                else if (double.IsNaN(value))
                    throw new ArithmeticException($"The matrix must be finite; got the pivot {value} in row {i}.");
                else
                    rowI[i] = value > Smallest * diagonal ? Math.Sqrt(value) : 0;
            }
        }
    }

    /// <summary>A⁻¹.</summary>
    /// <param name="a">[size, size], row-major; not changed.</param>
    /// <param name="size">Number of rows of A.</param>
    /// <exception cref="ArithmeticException">A is not positive definite, or holds NaN.</exception>
    public static double[] Inverse(double[] a, int size)
    {
        var inverse = new double[size * size];
        for (int i = 0; i < size; i++)
            inverse[i * size + i] = 1;
        Solve([.. a], size, inverse, size);
        return inverse;
    }
}
