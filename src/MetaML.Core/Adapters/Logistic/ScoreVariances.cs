using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>The variances of scores pᵢᵀu under the covariance S = (I + PᵀΩP)⁻¹ of u, for one P and any Ω.</summary>
/// <remarks>With fewer rows than columns, S = I − PᵀΩ^½(I + Ω^½PPᵀΩ^½)⁻¹Ω^½P (Woodbury), and PPᵀ is computed once. Cost O(rows · columns · min(rows, columns)).</remarks>
internal sealed class ScoreVariances
{
    private readonly double[] _columns;
    private readonly int _rows, _width, _stride;
    private readonly double[]? _products; // PPᵀ [rows, rows], if there are fewer rows than columns

    /// <param name="columns">P by columns, [width, stride].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="stride">The length of a column; see <see cref="LaneProducts"/>.</param>
    public ScoreVariances(double[] columns, int rows, int stride)
    {
        (_columns, _rows, _width, _stride) = (columns, rows, columns.Length / stride, stride);
        if (rows >= _width)
            return;
        _products = new double[rows * rows];
        for (int j = 0; j < _width; j++)
        {
            ReadOnlySpan<double> column = columns.AsSpan(j * stride, rows);
            for (int i = 0; i < rows; i++)
                MatrixAlgebra.AddScaled(column, column[i], _products.AsSpan(i * rows, rows));
        }
    }

    /// <summary>Computes the variances for Ω.</summary>
    /// <param name="precisions">The diagonal of Ω, [rows]; not negative.</param>
    /// <param name="variances">Receives pᵢᵀSpᵢ, [rows].</param>
    /// <returns>−log |S|.</returns>
    /// <exception cref="ArithmeticException">I + PᵀΩP is singular in double precision.</exception>
    public double Compute(ReadOnlySpan<double> precisions, Span<double> variances) => _products is null ? ByColumns(precisions, variances) : ByRows(precisions, variances, _products);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double ByColumns(ReadOnlySpan<double> precisions, Span<double> variances)
    {
        double[] scaled = new double[_columns.Length], products = new double[_width * _width], inverse = new double[products.Length];
        for (int j = 0; j < _width; j++)
            TensorPrimitives.Multiply(_columns.AsSpan(j * _stride, _rows), precisions, scaled.AsSpan(j * _stride, _rows));
        LaneProducts.AddProducts(scaled, _columns, products, _stride);
        Span<double> logDeterminant = stackalloc double[1];
        LaneInverse.Invert(MatrixAlgebra.Identity<double>(_width), [products], _width, [inverse], logDeterminant);
        Array.Clear(scaled);
        LaneProducts.AddCombinations(inverse, _columns, scaled, _stride); // SPᵀ
        variances.Clear();
        for (int j = 0; j < _width; j++)
            TensorPrimitives.MultiplyAdd(scaled.AsSpan(j * _stride, _rows), _columns.AsSpan(j * _stride, _rows), variances, variances);
        return logDeterminant[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double ByRows(ReadOnlySpan<double> precisions, Span<double> variances, double[] products)
    {
        int rows = _rows;
        double[] roots = new double[rows], system = new double[products.Length], inverse = new double[products.Length];
        for (int i = 0; i < rows; i++)
            roots[i] = Math.Sqrt(precisions[i]);
        for (int i = 0; i < system.Length; i++)
            system[i] = roots[i / rows] * products[i] * roots[i % rows];
        Span<double> logDeterminant = stackalloc double[1];
        LaneInverse.Invert(MatrixAlgebra.Identity<double>(rows), [system], rows, [inverse], logDeterminant);
        var spread = new double[rows]; // Ω^½PPᵀ of one row, and its product with the inverse
        for (int i = 0; i < rows; i++)
        {
            TensorPrimitives.Multiply(products.AsSpan(i * rows, rows), roots, spread);
            variances[i] = Math.Max(products[i * rows + i] - TensorPrimitives.Dot<double>(spread, MatrixAlgebra.Multiply(inverse, spread)), 0);
        }

        return logDeterminant[0];
    }
}
