using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>Any covariance, as a matrix. A product with a row costs O(width²).</summary>
internal sealed class DenseCovariance : Covariance
{
    private readonly double[] _values;
    private readonly double[] _lower;

    private DenseCovariance(double[] values, double[] lower, int width)
        : base(width, MatrixAlgebra.LogDeterminant(lower, width))
    {
        _values = values;
        _lower = lower;
    }

    /// <summary>A covariance with these values.</summary>
    /// <param name="values">Σ̃ [width, width].</param>
    /// <param name="width">Embedding + 1.</param>
    /// <exception cref="ArithmeticException">Σ̃ is not positive definite.</exception>
    public static DenseCovariance Of(double[] values, int width)
    {
        double[] lower = [.. values];
        Cholesky.Factor(lower, width);
        return new DenseCovariance(values, lower, width);
    }

    /// <inheritdoc/>
    public override double[] Diagonal() => [.. Enumerable.Range(0, Width).Select(j => _values[j * Width + j])];

    /// <inheritdoc/>
    public override double[] PrecisionDiagonal() => [.. Enumerable.Range(0, Width).Select(j => Precision[j * Width + j])];

    /// <inheritdoc/>
    public override void MultiplyRows(ReadOnlySpan<double> rows, Span<double> product)
    {
        product.Clear();
        for (int start = 0; start < rows.Length; start += Width)
        {
            Span<double> target = product.Slice(start, Width);
            for (int j = 0; j < Width; j++)
                MatrixAlgebra.AddScaled(_values.AsSpan(j * Width, Width), rows[start + j], target);
        }
    }

    /// <inheritdoc/>
    public override SecondMoment CreateMoment() => new DenseMoment(this);

    private protected override double[] ToDense() => _values;

    private protected override double[] Invert() => MatrixAlgebra.InverseOf(_lower, Width);
}
