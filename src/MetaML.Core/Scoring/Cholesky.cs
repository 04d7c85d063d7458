namespace MetaML.Scoring;

/// <summary>Solves symmetric positive definite systems in place, without libtorch.</summary>
internal static class Cholesky
{
    /// <summary>Solves A X = B.</summary>
    /// <param name="a">[size, size], row-major; only the lower triangle is read, and is overwritten by the factor L with A = L Lᵀ.</param>
    /// <param name="size">Number of rows of A.</param>
    /// <param name="b">[size, columns], row-major; overwritten by X.</param>
    /// <param name="columns">Number of right-hand sides.</param>
    /// <exception cref="ArithmeticException">A is not positive definite, or holds NaN.</exception>
    public static void Solve(double[] a, int size, double[] b, int columns)
    {
        for (int i = 0; i < size; i++)
        {
            Span<double> rowI = a.AsSpan(i * size, i + 1);
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<double> rowJ = a.AsSpan(j * size, j + 1);
                double value = rowI[j];
                for (int k = 0; k < j; k++)
                    value -= rowI[k] * rowJ[k];
                if (j < i)
                    rowI[j] = value / rowJ[j];
                else if (value > 0)
                    rowI[i] = Math.Sqrt(value);
                else
                    throw new ArithmeticException($"The matrix must be positive definite; got the pivot {value} in row {i}.");
            }

            // Forward: L Y = B, row by row.
            Span<double> right = b.AsSpan(i * columns, columns);
            for (int k = 0; k < i; k++)
            {
                for (int c = 0; c < columns; c++)
                    right[c] -= rowI[k] * b[k * columns + c];
            }

            for (int c = 0; c < columns; c++)
                right[c] /= rowI[i];
        }

        // Backward: Lᵀ X = Y.
        for (int i = size - 1; i >= 0; i--)
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
}
