using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>The diagonal of C, and CB with B = Σ̃⁻¹L: a step of factor analysis needs no more.</summary>
/// <param name="prior">Σ̃.</param>
internal sealed class FactorMoment(FactorCovariance prior) : SecondMoment
{
    /// <summary>The diagonal of C, [width].</summary>
    public double[] Diagonal { get; } = new double[prior.Width];

    /// <summary>CB by columns, [factors, width].</summary>
    public double[] Products { get; } = new double[prior.Loadings.Length];

    /// <inheritdoc/>
    public override void AddRows(ReadOnlySpan<double> rows, double factor)
    {
        int width = prior.Width;
        Span<double> scaled = width <= 512 ? stackalloc double[width] : new double[width];
        for (int start = 0; start < rows.Length; start += width)
        {
            ReadOnlySpan<double> row = rows.Slice(start, width);
            TensorPrimitives.Multiply(row, factor, scaled);
            TensorPrimitives.MultiplyAdd(row, scaled, Diagonal, Diagonal);
            for (int k = 0; k < prior.Factors; k++)
                MatrixAlgebra.AddScaled(row, factor * TensorPrimitives.Dot(row, prior.WeightsOf(k)), Products.AsSpan(k * width, width));
        }
    }

    /// <inheritdoc/>
    public override void AddPrior(double factor)
    {
        MatrixAlgebra.AddScaled(prior.Loadings, factor, Products); // Σ̃B = L
        MatrixAlgebra.AddScaled(prior.Variances, factor, Diagonal);
        Span<double> column = prior.Width <= 512 ? stackalloc double[prior.Width] : new double[prior.Width];
        for (int k = 0; k < prior.Factors; k++)
        {
            TensorPrimitives.Multiply(prior.Column(k), factor, column);
            TensorPrimitives.MultiplyAdd(prior.Column(k), column, Diagonal, Diagonal);
        }
    }

    /// <inheritdoc/>
    public override void AddMatrix(double[] matrix, double factor)
    {
        int width = prior.Width;
        for (int j = 0; j < width; j++)
        {
            ReadOnlySpan<double> row = matrix.AsSpan(j * width, width);
            Diagonal[j] += factor * row[j];
            for (int k = 0; k < prior.Factors; k++)
                Products[k * width + j] += factor * TensorPrimitives.Dot(row, prior.WeightsOf(k));
        }
    }

    /// <inheritdoc/>
    public override void ScaleAndAddDiagonal(double factor, ReadOnlySpan<double> diagonal)
    {
        TensorPrimitives.MultiplyAdd(Diagonal, factor, diagonal, Diagonal);
        TensorPrimitives.Multiply(Products, factor, Products);
        for (int k = 0; k < prior.Factors; k++)
        {
            Span<double> column = Products.AsSpan(k * prior.Width, prior.Width);
            TensorPrimitives.MultiplyAdd(prior.WeightsOf(k), diagonal, column, column);
        }
    }

    /// <inheritdoc/>
    public override void Add(SecondMoment other)
    {
        TensorPrimitives.Add(Diagonal, ((FactorMoment)other).Diagonal, Diagonal);
        TensorPrimitives.Add(Products, ((FactorMoment)other).Products, Products);
    }
}
