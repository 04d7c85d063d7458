using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Minus twice a Gaussian log likelihood as a function of a vector m: c − 2bᵀm + mᵀAm in units of the noise, for each output.</summary>
/// <param name="Products">A [size, size], symmetric.</param>
/// <param name="Right">b [outputs][size].</param>
/// <param name="Squares">c [outputs].</param>
internal sealed record QuadraticForm(double[] Products, double[][] Right, double[] Squares)
{
    /// <summary>Number of values of m.</summary>
    public int Size => Right[0].Length;

    /// <summary>The value at a vector.</summary>
    /// <param name="output">The output.</param>
    /// <param name="vector">m [size].</param>
    public double At(int output, ReadOnlySpan<double> vector) => Math.Max(
        Squares[output] - 2 * TensorPrimitives.Dot(Right[output], vector) + TensorPrimitives.Dot(MatrixAlgebra.Multiply(Products, vector), vector), 0);

    /// <summary>The sum of this form and a multiple of another.</summary>
    public QuadraticForm Plus(QuadraticForm other, double factor)
    {
        double[] products = [.. Products], squares = [.. Squares];
        MatrixAlgebra.AddScaled(other.Products, factor, products);
        MatrixAlgebra.AddScaled(other.Squares, factor, squares);
        return new QuadraticForm(products, [.. Right.Zip(other.Right, (mine, its) =>
        {
            double[] sum = [.. mine];
            MatrixAlgebra.AddScaled(its, factor, sum);
            return sum;
        })], squares);
    }
}
