using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>The Cholesky factor of I − KᵀK for a matrix K with few rows, at a cost that is quadratic in the number of its columns, and not cubic.</summary>
/// <remarks>
/// With uⱼ the columns of K, the Schur complement after j columns is I − UᵀHU of the remaining columns U, with H = I before the first. So
/// Lⱼⱼ² = 1 − uⱼᵀHuⱼ, Lᵢⱼ = −uᵢᵀHuⱼ / Lⱼⱼ, and H grows by (Huⱼ)(Huⱼ)ᵀ / Lⱼⱼ².
/// </remarks>
internal static class LowRankCholesky
{
    // A pivot that rounding errors leave at 0 or below.
    private const double SmallestPivot = 1e-14;

    /// <summary>The factor of diag(scale) (I − KᵀK) diag(scale), in columns from the diagonal down: [width · (width + 1) / 2].</summary>
    /// <param name="reduction">K [rank, width]; KᵀK has eigenvalues below 1.</param>
    /// <param name="rank">The number of rows of K.</param>
    /// <param name="scale">[width].</param>
    public static float[] Columns(ReadOnlySpan<double> reduction, int rank, ReadOnlySpan<float> scale)
    {
        int width = scale.Length;
        double[] columns = new double[width * rank], inverse = new double[rank * rank], direction = new double[rank];
        for (int i = 0; i < columns.Length; i++)
            columns[i] = reduction[i % rank * width + i / rank];
        for (int r = 0; r < rank; r++)
            inverse[r * rank + r] = 1;
        var factor = new float[width * (width + 1) / 2];
        for (int j = 0, offset = 0; j < width; j++)
        {
            ReadOnlySpan<double> u = columns.AsSpan(j * rank, rank);
            for (int r = 0; r < rank; r++)
                direction[r] = TensorPrimitives.Dot(inverse.AsSpan(r * rank, rank), u);
            double pivot = Math.Max(1 - TensorPrimitives.Dot<double>(direction, u), SmallestPivot), root = Math.Sqrt(pivot);
            factor[offset++] = (float)(scale[j] * root);
            for (int i = j + 1; i < width; i++)
                factor[offset++] = (float)(-scale[i] * TensorPrimitives.Dot<double>(direction, columns.AsSpan(i * rank, rank)) / root);
            for (int r = 0; r < rank; r++)
                MatrixAlgebra.AddScaled(direction, direction[r] / pivot, inverse.AsSpan(r * rank, rank));
        }

        return factor;
    }
}
