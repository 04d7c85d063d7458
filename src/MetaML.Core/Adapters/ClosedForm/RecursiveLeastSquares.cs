using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Adapters.ClosedForm;

/// <summary>The posterior of a head, to which rows are added one by one, or from which they are taken away, at a cost of O(embedding²) each. For one thread at a time.</summary>
/// <remarks>
/// With S̃ = L Lᵀ before the row, f = Lᵀz̃ and α = 1/s + fᵀf, the posterior after a row with weight s is S̃ − S̃z̃z̃ᵀS̃/α and V + S̃z̃(y − Vᵀz̃)ᵀ/α,
/// and q grows by ‖y − Vᵀz̃‖²/α (recursive least squares). A row that is taken away has the weight −s. L is changed column by column, from the last to the first,
/// so that it remains triangular and S̃ positive definite. Source: Carlson, Fast triangular formulation of the square root filter, 1973; removal is a hyperbolic
/// rotation of the same form (Golub and Van Loan, Matrix Computations, 4th ed., 2013, 6.5.4), which loses digits where α is almost zero.
/// </remarks>
internal sealed class RecursiveLeastSquares
{
    /// <summary>The largest number of steps until the posterior is computed anew, so that rounding does not add up.</summary>
    private const int MostSteps = 1000;

    // The smallest |α| as a share of 1/s. A row that is taken away divides rounding errors by this share.
    private const double SmallestShare = 1e-3;

    private readonly double[] _factor; // L in columns from the diagonal down
    private readonly double[] _head; // Vᵀ [outputs, width]
    private readonly double[] _row; // z̃
    private readonly double[] _gain; // S̃z̃
    private readonly double[] _projection; // f
    private readonly double[] _alpha; // α with the columns from j on
    private int _steps;

    private RecursiveLeastSquares(double[] factor, double[] head, int width)
    {
        _factor = factor;
        _head = head;
        _row = new double[width];
        _gain = new double[width];
        _projection = new double[width];
        _alpha = new double[width];
    }

    /// <summary>Number of outputs.</summary>
    public int OutputCount => _head.Length / _row.Length;

    /// <summary>Number of values in memory.</summary>
    public long ValueCount => _factor.Length + _head.Length + 4L * _row.Length;

    /// <summary>Total weight of the rows.</summary>
    public double Weight { get; private set; }

    /// <summary>q, see <see cref="ClosedFormAdapter"/>.</summary>
    public double Quadratic { get; private set; }

    /// <summary>A posterior.</summary>
    /// <param name="covariance">S̃ [width, width]; overwritten.</param>
    /// <param name="head">Vᵀ [outputs, width].</param>
    /// <param name="weight">Total weight of the rows.</param>
    /// <param name="quadratic">q.</param>
    public static RecursiveLeastSquares Of(double[] covariance, double[] head, double weight, double quadratic)
    {
        int width = (int)Math.Sqrt(covariance.Length);
        Cholesky.FactorSemidefinite(covariance, width);
        return new RecursiveLeastSquares(PredictiveVariance.Columns(covariance, width, value => value), head, width) { Weight = weight, Quadratic = quadratic };
    }

    /// <summary>A posterior that changes by itself.</summary>
    public RecursiveLeastSquares Clone() => new([.. _factor], [.. _head], _row.Length) { Weight = Weight, Quadratic = Quadratic, _steps = _steps };

    /// <summary>V of one output: [width].</summary>
    public ReadOnlySpan<double> Head(int output) => _head.AsSpan(output * _row.Length, _row.Length);

    /// <summary>Adds a row.</summary>
    /// <param name="embedding">z.</param>
    /// <param name="targets">y [outputs].</param>
    /// <param name="weight">s; negative to take the row away.</param>
    /// <returns>Whether the posterior is accurate. If not, it has not changed, and must be computed anew.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryStep(ReadOnlySpan<float> embedding, ReadOnlySpan<double> targets, double weight)
    {
        if (weight == 0)
            return true;
        int width = _row.Length;
        TensorPrimitives.ConvertTruncating(embedding, _row.AsSpan(0, width - 1));
        _row[^1] = 1;
        double alpha = 1 / weight;
        for (int j = width - 1, offset = _factor.Length - 1; j >= 0; offset -= width - --j)
        {
            double f = OrderedSum.OfProducts<double>(_factor.AsSpan(offset, width - j), _row.AsSpan(j));
            _projection[j] = f;
            _alpha[j] = alpha += f * f;
        }

        if (_steps == MostSteps || (weight < 0 && !(alpha <= SmallestShare / weight)))
            return false;
        Array.Clear(_gain);
        double before = 1 / weight;
        for (int j = width - 1, offset = _factor.Length - 1; j >= 0; offset -= width - --j)
        {
            double after = _alpha[j], ratio = Math.Sqrt(before / after);
            Rotate(_factor.AsSpan(offset, width - j), _gain.AsSpan(j), ratio, -_projection[j] / (after * ratio), _projection[j]);
            before = after;
        }

        for (int k = 0; k < targets.Length; k++)
        {
            Span<double> head = _head.AsSpan(k * width, width);
            double residual = targets[k] - OrderedSum.OfProducts<double>(head, _row);
            MatrixAlgebra.AddScaled(_gain, residual / alpha, head);
            Quadratic = Math.Max(Quadratic + residual * residual / alpha, 0);
        }

        Weight += weight;
        _steps++;
        return true;
    }

    /// <summary>The predictive variance.</summary>
    /// <param name="noiseVariance">σₜ².</param>
    public PredictiveVariance ToPredictive(double noiseVariance)
    {
        var factor = new float[_factor.Length];
        TensorPrimitives.ConvertTruncating<double, float>(_factor, factor);
        return new PredictiveVariance((float)Math.Sqrt(noiseVariance), factor);
    }

    // x ← r x + c y and y ← y + f x, with the x before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rotate(Span<double> x, Span<double> y, double r, double c, double f)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length);
        ref double u = ref MemoryMarshal.GetReference(x), v = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (; i + 8 <= x.Length; i += 8)
        {
            Vector512<double> a = Vector512.LoadUnsafe(ref u, (nuint)i), b = Vector512.LoadUnsafe(ref v, (nuint)i);
            Vector512.FusedMultiplyAdd(Vector512.Create(r), a, Vector512.Create(c) * b).StoreUnsafe(ref u, (nuint)i);
            Vector512.FusedMultiplyAdd(Vector512.Create(f), a, b).StoreUnsafe(ref v, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            double a = x[i], b = y[i];
            x[i] = Math.FusedMultiplyAdd(r, a, c * b);
            y[i] = Math.FusedMultiplyAdd(f, a, b);
        }
    }
}
