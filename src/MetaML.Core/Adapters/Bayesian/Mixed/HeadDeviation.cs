using System.Numerics.Tensors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>A random deviation d ~ N(0, Σ̃) from a vector m, integrated out of a <see cref="QuadraticForm"/> of m + d; and its posterior for a given m.</summary>
/// <remarks>
/// Σ̃ = LLᵀ covers some of the dimensions, v. With I + LᵀA_vv L = RRᵀ, T = R⁻¹Lᵀ, K = T A_v and e = T b_v, the integrated form has
/// A − KᵀK, b − Kᵀe and c − ‖e‖². The posterior is d ~ N(Tᵀ(e − Km), TᵀT), in units of the noise. L may be singular, and have any number of columns.
/// </remarks>
internal sealed class HeadDeviation
{
    private readonly int _columns;
    private readonly double[] _root; // T [columns, v]
    private readonly double[] _reduction; // K [columns, size]
    private readonly double[][] _scores; // e [outputs][columns]

    /// <param name="form">Of m + d.</param>
    /// <param name="dimensions">v: the dimensions of m that deviate.</param>
    /// <param name="root">L [v, columns].</param>
    public HeadDeviation(QuadraticForm form, int[] dimensions, double[] root)
    {
        int count = dimensions.Length, size = form.Size;
        _columns = root.Length / count;
        _root = new double[_columns * count];
        _reduction = new double[_columns * size];
        var gram = new double[_columns * _columns]; // I + (LᵀA_vv)L
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> row = form.Products.AsSpan(dimensions[i] * size, size);
            for (int j = 0; j < _columns; j++)
            {
                double value = root[i * _columns + j];
                if (value == 0)
                    continue;
                _root[j * count + i] = value;
                MatrixAlgebra.AddScaled(row, value, _reduction.AsSpan(j * size, size));
            }
        }

        for (int j = 0; j < _columns; j++)
        {
            gram[j * _columns + j] = 1;
            for (int i = 0; i < count; i++)
                MatrixAlgebra.AddScaled(root.AsSpan(i * _columns, j + 1), _reduction[j * size + dimensions[i]], gram.AsSpan(j * _columns, j + 1));
        }

        Cholesky.Factor(gram, _columns);
        MatrixAlgebra.SolveLower(gram, _columns, _root, count);
        MatrixAlgebra.SolveLower(gram, _columns, _reduction, size);
        LogDeterminant = MatrixAlgebra.LogDeterminant(gram, _columns);
        _scores = Array.ConvertAll(form.Right, right =>
        {
            double[] some = Array.ConvertAll(dimensions, dimension => right[dimension]);
            return Enumerable.Range(0, _columns).Select(j => TensorPrimitives.Dot<double>(_root.AsSpan(j * count, count), some)).ToArray();
        });
        Rest = Integrate(form, size);
    }

    private int Count => _root.Length / _columns;

    /// <summary>log |I + LᵀA_vv L|, of each output.</summary>
    public double LogDeterminant { get; }

    /// <summary>The form of m without d.</summary>
    public QuadraticForm Rest { get; }

    /// <summary>E[d], [v].</summary>
    /// <param name="output">The output.</param>
    /// <param name="vector">m [size].</param>
    public double[] Mean(int output, ReadOnlySpan<double> vector)
    {
        int count = Count, size = vector.Length;
        var mean = new double[count];
        for (int j = 0; j < _columns; j++)
            MatrixAlgebra.AddScaled(_root.AsSpan(j * count, count), _scores[output][j] - TensorPrimitives.Dot(_reduction.AsSpan(j * size, size), vector), mean);
        return mean;
    }

    /// <summary>TᵀT: the covariance of d for a given m, in units of the noise, [v, v].</summary>
    public double[] Covariance()
    {
        int count = Count;
        var covariance = new double[count * count];
        for (int j = 0; j < _columns; j++)
        {
            ReadOnlySpan<double> row = _root.AsSpan(j * count, count);
            for (int i = 0; i < count; i++)
                MatrixAlgebra.AddScaled(row, row[i], covariance.AsSpan(i * count, count));
        }

        return covariance;
    }

    /// <summary>TᵀK: how E[d] falls with m, [v, size].</summary>
    public double[] Response()
    {
        int count = Count, size = Rest.Size;
        var response = new double[count * size];
        for (int j = 0; j < _columns; j++)
        {
            for (int i = 0; i < count; i++)
                MatrixAlgebra.AddScaled(_reduction.AsSpan(j * size, size), _root[j * count + i], response.AsSpan(i * size, size));
        }

        return response;
    }

    private QuadraticForm Integrate(QuadraticForm form, int size)
    {
        double[] products = [.. form.Products];
        for (int j = 0; j < _columns; j++)
        {
            ReadOnlySpan<double> row = _reduction.AsSpan(j * size, size);
            for (int i = 0; i < size; i++)
                MatrixAlgebra.AddScaled(row, -row[i], products.AsSpan(i * size, size));
        }

        double[][] right = [.. form.Right.Select((values, k) =>
        {
            double[] rest = [.. values];
            for (int j = 0; j < _columns; j++)
                MatrixAlgebra.AddScaled(_reduction.AsSpan(j * size, size), -_scores[k][j], rest);
            return rest;
        })];
        return new QuadraticForm(products, right, [.. form.Squares.Select((square, k) => square - TensorPrimitives.SumOfSquares<double>(_scores[k]))]);
    }
}
