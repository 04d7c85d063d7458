using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>Σ̃ = D + LLᵀ with D diagonal and a few factors, the columns of L. A product with a row costs O(width · factors).</summary>
/// <remarks>Σ̃⁻¹ = D⁻¹ − D⁻¹L(I + LᵀD⁻¹L)⁻¹LᵀD⁻¹, and log |Σ̃| = log |D| + log |I + LᵀD⁻¹L| (Woodbury).</remarks>
internal sealed class FactorCovariance : Covariance
{
    // The capacity is the Cholesky factor of I + LᵀD⁻¹L, [factors, factors].
    private FactorCovariance(double[] variances, double[] loadings, double[] capacity)
        : base(variances.Length, variances.Sum(Math.Log) + MatrixAlgebra.LogDeterminant(capacity, loadings.Length / variances.Length))
    {
        Variances = variances;
        Loadings = loadings;
        Factors = loadings.Length / variances.Length;
        double[] weights = new double[loadings.Length]; // by columns: (I + LᵀD⁻¹L)⁻¹LᵀD⁻¹
        for (int k = 0; k < Factors; k++)
            TensorPrimitives.Divide(Column(k), variances, weights.AsSpan(k * Width, Width));
        MatrixAlgebra.SolveLower(capacity, Factors, weights, Width);
        MatrixAlgebra.SolveTransposed(capacity, Factors, weights, Width);
        Weights = weights;
    }

    /// <summary>The diagonal of D, [width].</summary>
    public double[] Variances { get; }

    /// <summary>L by columns, [factors, width].</summary>
    public double[] Loadings { get; }

    /// <summary>Σ̃⁻¹L by columns, [factors, width].</summary>
    public double[] Weights { get; }

    /// <summary>Number of columns of L.</summary>
    public int Factors { get; }

    /// <summary>A covariance with these parts.</summary>
    /// <param name="variances">The diagonal of D, positive, [width].</param>
    /// <param name="loadings">L by columns, [factors, width].</param>
    /// <exception cref="ArithmeticException">A value is not finite.</exception>
    public static FactorCovariance Of(double[] variances, double[] loadings)
    {
        int width = variances.Length, factors = loadings.Length / width;
        var capacity = new double[factors * factors];
        var scaled = new double[width];
        for (int k = 0; k < factors; k++)
        {
            TensorPrimitives.Divide(loadings.AsSpan(k * width, width), variances, scaled);
            for (int i = k; i < factors; i++)
                capacity[i * factors + k] = TensorPrimitives.Dot<double>(scaled, loadings.AsSpan(i * width, width));
            capacity[k * factors + k] += 1;
        }

        Cholesky.Factor(capacity, factors);
        return new FactorCovariance(variances, loadings, capacity);
    }

    /// <summary>A column of L, [width].</summary>
    public ReadOnlySpan<double> Column(int factor) => Loadings.AsSpan(factor * Width, Width);

    /// <summary>A column of Σ̃⁻¹L, [width].</summary>
    public ReadOnlySpan<double> WeightsOf(int factor) => Weights.AsSpan(factor * Width, Width);

    /// <inheritdoc/>
    public override double[] Diagonal()
    {
        double[] diagonal = [.. Variances];
        for (int k = 0; k < Factors; k++)
            TensorPrimitives.MultiplyAdd(Column(k), Column(k), diagonal, diagonal);
        return diagonal;
    }

    /// <inheritdoc/>
    public override double[] PrecisionDiagonal()
    {
        var diagonal = new double[Width]; // (Σ̃⁻¹)ⱼⱼ = (1 − (LᵀΣ̃⁻¹)ⱼ lⱼ) / dⱼ
        for (int j = 0; j < Width; j++)
        {
            double share = 1;
            for (int k = 0; k < Factors; k++)
                share -= Weights[k * Width + j] * Loadings[k * Width + j];
            diagonal[j] = Math.Max(share, double.Epsilon) / Variances[j];
        }

        return diagonal;
    }

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<double> rows, Span<double> product)
    {
        for (int start = 0; start < rows.Length; start += Width)
        {
            ReadOnlySpan<double> row = rows.Slice(start, Width);
            Span<double> target = product.Slice(start, Width);
            TensorPrimitives.Multiply(row, Variances, target);
            for (int k = 0; k < Factors; k++)
                MatrixAlgebra.AddScaled(Column(k), TensorPrimitives.Dot(row, Column(k)), target);
        }
    }

    /// <inheritdoc/>
    public override SecondMoment CreateMoment() => new FactorMoment(this);

    private protected override double[] ToDense()
    {
        var dense = new double[Width * Width];
        for (int i = 0; i < Width; i++)
        {
            Span<double> row = dense.AsSpan(i * Width, Width);
            row[i] = Variances[i];
            for (int k = 0; k < Factors; k++)
                MatrixAlgebra.AddScaled(Column(k), Loadings[k * Width + i], row);
        }

        return dense;
    }

    private protected override double[] Invert()
    {
        var inverse = new double[Width * Width];
        for (int i = 0; i < Width; i++)
        {
            Span<double> row = inverse.AsSpan(i * Width, Width);
            for (int k = 0; k < Factors; k++)
                MatrixAlgebra.AddScaled(WeightsOf(k), -Loadings[k * Width + i] / Variances[i], row);
            row[i] += 1 / Variances[i];
        }

        return inverse;
    }
}
