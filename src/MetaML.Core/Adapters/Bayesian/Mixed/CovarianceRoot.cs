using System.Numerics.Tensors;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>The roots L of a family of covariances Σ = LLᵀ, which may be singular: some elements of L are free, and the others are 0.</summary>
internal sealed class CovarianceRoot
{
    private const double FirstFactor = 0.3; // of a deviation

    private readonly int _count, _columns;
    private readonly bool _hasFactor;
    private readonly int[] _free;

    /// <param name="count">Number of dimensions.</param>
    /// <param name="form">Diagonal, one factor, or full.</param>
    public CovarianceRoot(int count, PriorCovariance form)
    {
        _count = count;
        _hasFactor = form == PriorCovariance.OneFactor;
        _columns = _hasFactor ? count + 1 : count;
        _free = [.. Enumerable.Range(0, count * _columns).Where(at => (at / _columns, at % _columns) is var (i, j) && (i == j || (form == PriorCovariance.Full && j < i) || j == count))];
    }

    /// <summary>Number of free elements.</summary>
    public int FreeCount => _free.Length;

    /// <summary>The free elements for a diagonal covariance.</summary>
    /// <param name="covariance">Σ [count, count]; only its diagonal is used.</param>
    /// <param name="unit">The variance by which Σ is divided.</param>
    public double[] Start(double[] covariance, double unit) => Array.ConvertAll(_free, at =>
        Math.Sqrt(covariance[at / _columns * (_count + 1)] / unit) * (at / _columns == at % _columns ? 1 : _hasFactor ? FirstFactor : 0));

    /// <summary>L [count, columns].</summary>
    /// <param name="free">The free elements.</param>
    public double[] Of(ReadOnlySpan<double> free)
    {
        var root = new double[_count * _columns];
        for (int i = 0; i < _free.Length; i++)
            root[_free[i]] = free[i];
        return root;
    }

    /// <summary>The values of a matrix at the free elements.</summary>
    /// <param name="matrix">[count, columns].</param>
    public double[] Free(double[] matrix) => Array.ConvertAll(_free, at => matrix[at]);

    /// <summary>The gradient by the free elements: GL, for a symmetric G with dℓ = ½ tr(G dΣ).</summary>
    /// <param name="gradient">G [count, count].</param>
    /// <param name="root">L.</param>
    public double[] Gradient(double[] gradient, double[] root) => Array.ConvertAll(_free, at =>
    {
        double value = 0;
        for (int i = 0; i < _count; i++)
            value += gradient[at / _columns * _count + i] * root[i * _columns + at % _columns];
        return value;
    });

    /// <summary>LLᵀ times a unit, [count, count].</summary>
    /// <param name="root">L.</param>
    /// <param name="unit">Any.</param>
    public double[] Covariance(double[] root, double unit)
    {
        var covariance = new double[_count * _count];
        for (int i = 0; i < covariance.Length; i++)
            covariance[i] = unit * TensorPrimitives.Dot<double>(root.AsSpan(i / _count * _columns, _columns), root.AsSpan(i % _count * _columns, _columns));
        return covariance;
    }
}
