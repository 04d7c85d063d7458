using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Covariances;

/// <summary>The whole matrix C.</summary>
/// <param name="prior">Σ̃.</param>
internal sealed class DenseMoment(Covariance prior) : SecondMoment
{
    /// <summary>C [width, width].</summary>
    public double[] Values { get; } = new double[prior.Width * prior.Width];

    /// <inheritdoc/>
    public override void AddRows(ReadOnlySpan<double> rows, double factor)
    {
        int width = prior.Width;
        for (int start = 0; start < rows.Length; start += width)
        {
            ReadOnlySpan<double> row = rows.Slice(start, width);
            for (int i = 0; i < width; i++)
                MatrixAlgebra.AddScaled(row, factor * row[i], Values.AsSpan(i * width, width));
        }
    }

    /// <inheritdoc/>
    public override void AddPrior(double factor) => AddMatrix(prior.Dense, factor);

    /// <inheritdoc/>
    public override void AddMatrix(double[] matrix, double factor) => MatrixAlgebra.AddScaled(matrix, factor, Values);

    /// <inheritdoc/>
    public override void ScaleAndAddDiagonal(double factor, ReadOnlySpan<double> diagonal)
    {
        TensorPrimitives.Multiply(Values, factor, Values);
        for (int j = 0; j < diagonal.Length; j++)
            Values[j * diagonal.Length + j] += diagonal[j];
    }

    /// <inheritdoc/>
    public override void Add(SecondMoment other) => AddMatrix(((DenseMoment)other).Values, 1);
}
