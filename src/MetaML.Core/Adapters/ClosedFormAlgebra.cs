using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Scoring;

namespace MetaML.Adapters;

/// <summary>The algebra of <see cref="ClosedFormAdapter"/> outside libtorch: P is [rows, width], R and B have a column for each output; all row-major.</summary>
internal static class ClosedFormAlgebra
{
    // (PPᵀ + I)⁻¹ R, in the place of R
    public static void SolveGram(double[] p, int rows, int width, double[] residual, int outputs)
    {
        double[] gram = ArrayPool<double>.Shared.Rent(rows * rows);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[i * rows + j] = TensorPrimitives.Dot<double>(p.AsSpan(i * width, width), p.AsSpan(j * width, width));
        }

        AddIdentity(gram, rows);
        Cholesky.Solve(gram, rows, residual, outputs);
        ArrayPool<double>.Shared.Return(gram);
    }

    // (PᵀP + I)⁻¹ B, in the place of B
    public static void SolveNormal(double[] p, int rows, int width, double[] right, int outputs) =>
        Cholesky.Solve(Normal(p, rows, width), width, right, outputs);

    // B (PᵀP + I)⁻¹ Bᵀ, B = diag(b) F
    public static double[] Covariance(double[] p, int rows, int width, float[] spread, float[]? factor)
    {
        double[] covariance = Cholesky.Inverse(Normal(p, rows, width), width);
        if (factor is not null)
            covariance = Multiply(factor, Transpose(Multiply(factor, covariance, width, width), width), width, width);
        for (int i = 0; i < covariance.Length; i++)
            covariance[i] *= (double)spread[i / width] * spread[i % width];
        return covariance;
    }

    // PᵀP + I, the lower triangle; some rows at a time, so that each visit of its memory does the work of all of them
    private static double[] Normal(double[] p, int rows, int width)
    {
        const int RowsAtOnce = 32;
        var normal = new double[width * width];
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            int end = Math.Min(first + RowsAtOnce, rows);
            for (int i = 0; i < width; i++)
            {
                Span<double> target = normal.AsSpan(i * width, i + 1);
                for (int row = first; row < end; row++)
                    TensorPrimitives.MultiplyAdd(p.AsSpan(row * width, i + 1), p[row * width + i], target, target);
            }
        }

        AddIdentity(normal, width);
        return normal;
    }

    // A row times one output's column of B.
    public static double Dot(ReadOnlySpan<double> row, double[] b, int output, int outputs)
    {
        double sum = 0;
        for (int j = 0; j < row.Length; j++)
            sum += row[j] * b[j * outputs + output];
        return sum;
    }

    private static double[] Transpose(double[] square, int size)
    {
        var transposed = new double[square.Length];
        for (int i = 0; i < square.Length; i++)
            transposed[i] = square[i % size * size + i / size];
        return transposed;
    }

    // Products are summed in double precision, and where even there the identity would be lost beside them, a larger multiple of
    // it stands in its place: the factorisation never fails, whatever the support repeats.
    private static void AddIdentity(double[] products, int size)
    {
        const double Epsilon = 2.2204460492503131e-16;
        double trace = 0;
        for (int i = 0; i < size; i++)
            trace += products[i * size + i];
        double identity = Math.Max(1, 4 * size * Epsilon * trace);
        for (int i = 0; i < size; i++)
            products[i * size + i] += identity;
    }

    // Pᵀ B
    public static double[] TransposeMultiply(double[] p, int rows, int width, double[] b, int outputs)
    {
        var product = new double[width * outputs];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> values = p.AsSpan(row * width, width);
            if (outputs == 1)
            {
                TensorPrimitives.MultiplyAdd(values, b[row], product, product);
                continue;
            }

            for (int j = 0; j < width; j++)
            {
                Span<double> target = product.AsSpan(j * outputs, outputs);
                TensorPrimitives.MultiplyAdd(b.AsSpan(row * outputs, outputs), values[j], target, target);
            }
        }

        return product;
    }

    // A row times F, in place.
    public static void MultiplyRow(Span<float> row, float[] factor)
    {
        float[] original = row.ToArray();
        row.Clear();
        for (int i = 0; i < original.Length; i++)
            TensorPrimitives.MultiplyAdd(factor.AsSpan(i * row.Length, row.Length), original[i], row, row);
    }

    // F B
    public static double[] Multiply(float[] factor, double[] b, int width, int outputs)
    {
        var product = new double[width * outputs];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                for (int k = 0; k < outputs; k++)
                    product[i * outputs + k] += factor[i * width + j] * b[j * outputs + k];
            }
        }

        return product;
    }
}
