using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Adapters.ClosedForm;

namespace MetaML.Numerics;

/// <summary>The matrix algebra of <see cref="ClosedFormAdapter"/> without libtorch. All matrices are row-major: P is [rows, width], and R and B have a column for each output.</summary>
internal static class ClosedFormAlgebra
{
    private const int MinimumWidthForThreads = 512;

    // Replaces R by (PPᵀ + I)⁻¹ R.
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

    // B N⁻¹ Bᵀ with N = PᵀP + I and B = diag(b) F. Only the lower triangle of N is read.
    public static double[] PosteriorCovariance(double[] normal, int width, float[] priorScale, float[]? factor)
    {
        double[] lower = [.. normal];
        Cholesky.Factor(lower, width);
        double[] covariance = MatrixAlgebra.InverseOf(lower, width);
        if (factor is not null)
        {
            double[] f = ToDouble(factor), product = new double[f.Length], whole = new double[f.Length];
            SmallProducts<double>.MultiplyByTransposed(covariance, f, product, width, width, width); // N⁻¹Fᵀ
            SmallProducts<double>.Multiply(f, product, whole, width, width, width);
            covariance = whole[..factor.Length];
            MatrixAlgebra.Mirror(covariance, width); // exactly symmetric
        }

        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
                covariance[i * width + j] *= (double)priorScale[i] * priorScale[j];
        }

        return covariance;
    }

    // BᵀAB with B = diag(b) F, [width, width]; the lower triangle of A by rows. Without F only the lower triangle is set.
    public static double[] Sandwich(double[] packed, int width, float[] priorScale, float[]? factor)
    {
        var normal = new double[width * width + SmallProducts<double>.Slack];
        for (int i = 0, offset = 0; i < width; offset += ++i)
        {
            for (int j = 0; j <= i; j++)
                normal[i * width + j] = (double)priorScale[i] * priorScale[j] * packed[offset + j];
        }

        if (factor is null)
            return normal;
        MatrixAlgebra.Mirror(normal, width);
        double[] f = ToDouble(factor), product = new double[f.Length];
        SmallProducts<double>.Multiply(normal, f, product, width, width, width);
        SmallProducts<double>.MultiplyTransposed(f, product, normal, width, width, width);
        return normal;
    }

    // Fᵀ B
    public static double[] TimesFactor(float[] factor, double[] b, int width, int outputs)
    {
        double[] f = ToDouble(factor), product = new double[b.Length];
        SmallProducts<double>.MultiplyTransposed(f, b, product, width, width, outputs);
        return product;
    }

    // N += PᵀP, the lower triangle. P has few rows. Each row of N is loaded into the cache once, for all rows of P.
    public static void AddProducts(double[] normal, double[] p, int rows, int width)
    {
        if (width < MinimumWidthForThreads)
        {
            for (int i = 0; i < width; i++)
                AddRow(i);
        }
        else
        {
            Parallel.For(0, width, AddRow);
        }

        void AddRow(int i)
        {
            Span<double> target = normal.AsSpan(i * width, i + 1);
            for (int row = 0; row < rows; row++)
                TensorPrimitives.MultiplyAdd(p.AsSpan(row * width, i + 1), p[row * width + i], target, target);
        }
    }

    // aᵀb, always added up in the same order.
    public static double Product(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    // Adds the identity. If the products are so large that rounding in double precision would lose it, a larger multiple of the
    // identity is added. The factorisation therefore never fails, even if support rows are repeated.
    public static void AddIdentity(double[] products, int size)
    {
        const double Epsilon = 2.2204460492503131e-16;
        double trace = 0;
        for (int i = 0; i < size; i++)
            trace += products[i * size + i];
        double identity = Math.Max(1, 4 * size * Epsilon * trace);
        for (int i = 0; i < size; i++)
            products[i * size + i] += identity;
    }

    // C += Pᵀ B
    public static void AddTransposeProducts(double[] product, double[] p, int rows, int width, ReadOnlySpan<double> b, int outputs)
    {
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
                TensorPrimitives.MultiplyAdd(b.Slice(row * outputs, outputs), values[j], target, target);
            }
        }
    }

    // Replaces a row by the row times F.
    public static void MultiplyRow(Span<float> row, float[] factor)
    {
        float[] original = row.ToArray();
        row.Clear();
        for (int i = 0; i < original.Length; i++)
            TensorPrimitives.MultiplyAdd(factor.AsSpan(i * row.Length, row.Length), original[i], row, row);
    }

    private static double[] ToDouble(float[] factor)
    {
        var f = new double[factor.Length + SmallProducts<double>.Slack];
        TensorPrimitives.ConvertTruncating<float, double>(factor, f);
        return f;
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
