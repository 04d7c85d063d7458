using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>min_W J = Σᵢ sᵢ ℓ(yᵢ, z̃ᵢW) + ½‖B⁻¹(W − C)‖² for one task, without libtorch, in double precision.</summary>
/// <remarks>
/// <para>ℓ is the cross-entropy, for counts minus the log likelihood, or for values half the squared error. C is any head. B = diag(b) F is the scale of W − C: λ^−½ for
/// penalties λ, or a square root of a prior covariance. A Hessian-vector product costs O(rows · embedding · outputs). In the coordinates U with
/// W = C + BU the Hessian is at least the identity.</para>
/// <para>With <see cref="SetVariances"/> ℓ is the expected cross-entropy of scores with a normal distribution about z̃ᵢW: exact for
/// two classes (<see cref="LogisticExpectation"/>) and for counts, an upper bound for more classes (<see cref="TiltedSoftmax"/>).</para>
/// </remarks>
internal sealed class PenalizedFit : ConvexObjective
{
    private readonly LabelKind _kind;
    private readonly EmbeddedTask _rows;
    private readonly double[] _centre; // C [outputs, embedding + 1]
    private readonly double[] _priorScale; // b
    private readonly double[]? _factor; // F, or null for the identity
    private readonly CountLikelihood? _counts;
    private readonly int _outputs;

    // Values of rows are stored by columns of this length; the rows of the padding have the weight 0.
    private readonly int _stride;
    private readonly double[] _columns; // z̃B [embedding + 1, stride]
    private readonly double[] _weights; // s [stride]
    private readonly double[] _variances; // v [stride]; 0 for exact scores
    private readonly double[] _start; // z̃C, and for counts the logarithm of the exposure, [outputs, stride]
    private readonly double[] _predictions; // [outputs, stride]: probabilities, or scores of values, at the last evaluated U
    private readonly double[] _curvatures; // [stride]: ∂²ℓ for two classes and for counts at the last evaluated U
    private readonly double[] _changes; // [outputs, stride], of one product
    private ScoreVariances? _posterior;

    /// <summary>Prepares the fit of one task, with penalties.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">The task; may have no rows.</param>
    /// <param name="centre">C.</param>
    /// <param name="penalty">λ of slopes; positive.</param>
    /// <param name="interceptPenalty">λ of the intercept; positive.</param>
    /// <param name="counts">The likelihood of values that are counts; else null.</param>
    public PenalizedFit(LabelKind kind, EmbeddedTask rows, LinearHead centre, double penalty, double interceptPenalty, CountLikelihood? counts = null)
        : this(kind, rows, WithIntercepts(centre), [.. Enumerable.Repeat(1 / Math.Sqrt(penalty), centre.Weights.Length / centre.OutputCount), 1 / Math.Sqrt(interceptPenalty)], null, counts)
    {
    }

    /// <summary>Prepares the fit of one task.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">The task; may have no rows.</param>
    /// <param name="centre">C [outputs, embedding + 1].</param>
    /// <param name="priorScale">b [embedding + 1].</param>
    /// <param name="factor">F [embedding + 1, embedding + 1], row-major; or null for the identity.</param>
    /// <param name="counts">The likelihood of values that are counts; else null.</param>
    public PenalizedFit(LabelKind kind, EmbeddedTask rows, double[] centre, double[] priorScale, double[]? factor, CountLikelihood? counts = null)
    {
        _kind = kind;
        _counts = counts;
        _rows = rows;
        _centre = centre;
        _priorScale = priorScale;
        _factor = factor;
        int width = priorScale.Length;
        _outputs = centre.Length / width;

        _stride = LaneProducts.Stride(rows.RowCount);
        _weights = new double[_stride];
        _variances = new double[_stride];
        _start = new double[_outputs * _stride];
        _predictions = new double[_start.Length];
        _changes = new double[_start.Length];
        _curvatures = new double[_stride];
        _columns = new double[width * _stride];
        for (int row = 0; row < rows.RowCount; row++)
        {
            ReadOnlySpan<float> z = rows.Row(row);
            for (int j = 0; j < width; j++)
                _columns[j * _stride + row] = j < z.Length ? z[j] : 1;
            _weights[row] = rows.Weights[row];
        }

        LaneProducts.AddCombinations(centre, _columns, _start, _stride);
        for (int row = 0; row < rows.Exposures.Length; row++)
            _start[row] += Math.Log(rows.Exposures[row]);
        for (int j = 0; j < width; j++)
            TensorPrimitives.Multiply(_columns.AsSpan(j * _stride, _stride), priorScale[j], _columns.AsSpan(j * _stride, _stride));
        if (factor is null)
            return;
        var transposed = new double[width * width]; // column j of PF is the combination of the columns of P with the factors of column j of F
        for (int i = 0; i < transposed.Length; i++)
            transposed[i] = factor[i % width * width + i / width];
        double[] columns = new double[_columns.Length];
        LaneProducts.AddCombinations(transposed, _columns, columns, _stride);
        _columns = columns;
    }

    /// <summary>Sets v [rows], the variance of the score of each row (two classes), or of each of its scores (more classes), to that under the covariance (I + Σᵢ ωᵢpᵢpᵢᵀ)⁻¹ of U.</summary>
    /// <param name="precisions">ω [rows].</param>
    /// <returns>log |I + Σᵢ ωᵢpᵢpᵢᵀ| − Σᵢ ωᵢvᵢ: twice the divergence of this normal distribution from N(0, I) about the same mean.</returns>
    public double SetVariances(double[] precisions)
    {
        _posterior ??= new ScoreVariances(_columns, _rows.RowCount, _stride);
        Span<double> variances = _variances.AsSpan(0, _rows.RowCount);
        return _posterior.Compute(precisions, variances) - TensorPrimitives.Dot<double>(precisions, variances);
    }

    /// <summary>I + Σᵢ ωᵢpᵢpᵢᵀ with the precisions ω of the rows at the last evaluated U: the mean curvature of J by the heads of the degrees of freedom, [embedding + 1, embedding + 1].</summary>
    public double[] MeanCurvature()
    {
        int width = _priorScale.Length;
        double[] scaled = new double[_columns.Length], curvature = new double[width * width], precisions = new double[_stride];
        for (int row = 0; row < _rows.RowCount; row++)
            precisions[row] = Precision(row);
        for (int j = 0; j < width; j++)
        {
            curvature[j * (width + 1)] = 1;
            TensorPrimitives.Multiply(_columns.AsSpan(j * _stride, _stride), precisions, scaled.AsSpan(j * _stride, _stride));
        }

        LaneProducts.AddProducts(scaled, _columns, curvature, _stride);
        return curvature;
    }

    /// <summary>J at the last evaluated U.</summary>
    public double Value { get; private set; }

    /// <summary>The weights of a head with its intercepts, [outputs, embedding + 1].</summary>
    public static double[] WithIntercepts(LinearHead head)
    {
        int dimension = head.Weights.Length / head.OutputCount;
        return [.. Enumerable.Range(0, head.OutputCount).SelectMany(k => head.Weights.AsSpan(k * dimension, dimension).ToArray().Append(head.Bias[k])).Select(value => (double)value)];
    }

    /// <summary>Minimises J.</summary>
    /// <param name="maximumSteps">The largest number of Newton steps.</param>
    /// <param name="from">The initial U; null for 0, where W = C.</param>
    /// <param name="tolerance">The largest distance to the minimum, ‖U − U*‖ / (1 + ‖U‖).</param>
    /// <returns>U: [outputs, embedding + 1].</returns>
    public double[] Minimize(int maximumSteps = 200, double[]? from = null, double tolerance = ConvexObjective.Tolerance) =>
        Minimize(from ?? new double[_outputs * _priorScale.Length], maximumSteps, tolerance);

    /// <summary>W = C + BU.</summary>
    /// <param name="u">[outputs, embedding + 1].</param>
    public LinearHead ToHead(double[] u)
    {
        int width = _priorScale.Length;
        var head = new LinearHead(new float[_outputs * (width - 1)], new float[_outputs]);
        for (int k = 0; k < _outputs; k++)
        {
            for (int j = 0; j < width; j++)
            {
                double move = _factor is null ? Output(u, k)[j] : TensorPrimitives.Dot(_factor.AsSpan(j * width, width), Output(u, k));
                float value = (float)(_centre[k * width + j] + _priorScale[j] * move);
                if (j < width - 1)
                    head.Weights[k * (width - 1) + j] = value;
                else
                    head.Bias[k] = value;
            }
        }

        return head;
    }

    /// <summary>The mean scores of all rows, [outputs][rows].</summary>
    /// <param name="u">[outputs, embedding + 1].</param>
    public double[][] Scores(double[] u)
    {
        double[] scores = [.. _start];
        LaneProducts.AddCombinations(u, _columns, scores, _stride);
        return [.. Enumerable.Range(0, _outputs).Select(k => scores.AsSpan(k * _stride, _rows.RowCount).ToArray())];
    }

    /// <summary>s(y − g): the derivative of a row's log likelihood by a score, at the last evaluated U.</summary>
    public double Residual(int row, int output) => _weights[row] * (Target(_rows.Labels[row], output) - _predictions[output * _stride + row]);

    // Whether the loss of a row has a curvature of its own, and one score.
    private bool HasCurvatures => _kind == LabelKind.Binary || _counts is not null;

    /// <summary>For classes and counts, s times twice the derivative of a row's expected loss by its variance, divided by the degrees of freedom (classes − 1), at the last evaluated U.</summary>
    public double Precision(int row)
    {
        if (HasCurvatures)
            return _weights[row] * _curvatures[row];
        double squares = 0;
        for (int k = 0; k < _outputs; k++)
            squares += _predictions[k * _stride + row] * _predictions[k * _stride + row];
        return _weights[row] * (1 - squares) / Math.Max(_outputs - 1, 1);
    }

    // Computes J and ∇J, and stores the predictions for the Hessian.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override double Evaluate(double[] u, double[] gradient)
    {
        _start.CopyTo(_predictions, 0);
        LaneProducts.AddCombinations(u, _columns, _predictions, _stride);
        double value = 0.5 * TensorPrimitives.SumOfSquares<double>(u) + Predict();
        u.CopyTo(gradient.AsSpan());
        for (int k = 0; k < _outputs; k++)
        {
            Span<double> changes = _changes.AsSpan(k * _stride, _stride);
            TensorPrimitives.Multiply(_predictions.AsSpan(k * _stride, _stride), _weights, changes);
            for (int row = 0; row < _rows.RowCount; row++)
                changes[row] -= _weights[row] * Target(_rows.Labels[row], k);
        }

        LaneProducts.AddProducts(_changes, _columns, gradient, _stride);
        return Value = value;
    }

    // v + Σᵢ sᵢ ∂²ℓᵢ v
    protected override void MultiplyByHessian(double[] v, double[] product)
    {
        Array.Clear(_changes);
        LaneProducts.AddCombinations(v, _columns, _changes, _stride);
        Curve();
        v.CopyTo(product.AsSpan());
        LaneProducts.AddProducts(_changes, _columns, product, _stride);
    }

    // Replaces scores by predictions, and returns the sum of sℓ.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Predict()
    {
        double value = 0;
        for (int row = 0; row < _rows.RowCount; row++)
        {
            float label = _rows.Labels[row];
            double score = _predictions[_kind == LabelKind.Multiclass ? (int)label * _stride + row : row], loss;
            switch (_kind)
            {
                case LabelKind.Binary:
                    (loss, _predictions[row], _curvatures[row]) = LogisticExpectation.Of(score, _variances[row]);
                    value += _weights[row] * (loss - score * label);
                    break;
                case LabelKind.Multiclass:
                    value -= _weights[row] * score;
                    break;
                case LabelKind.Regression when _counts is not null:
                    (loss, _predictions[row], _curvatures[row]) = _counts.Expected(score, _variances[row], label);
                    value += _weights[row] * loss;
                    break;
                default:
                    value += _weights[row] * 0.5 * (score - label) * (score - label);
                    break;
            }
        }

        if (_kind != LabelKind.Multiclass)
            return value;
        Vector512<double> sum = default;
        for (int r = 0; r < _stride; r += LaneProducts.Lanes)
            sum += Vector512.LoadUnsafe(ref _weights[r]) * TiltedSoftmax.Apply(_predictions.AsSpan(r), _stride, _outputs, Vector512.LoadUnsafe(ref _variances[r]));
        return value + Vector512.Sum(sum);
    }

    // Replaces changes of the scores by s times those of the derivatives.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Curve()
    {
        if (_kind != LabelKind.Multiclass)
        {
            TensorPrimitives.Multiply(_changes, _weights, _changes);
            if (HasCurvatures)
                TensorPrimitives.Multiply(_changes, _curvatures, _changes);
            return;
        }

        for (int r = 0; r < _stride; r += LaneProducts.Lanes)
        {
            TiltedSoftmax.Solve(_predictions.AsSpan(r), _changes.AsSpan(r), _stride, _outputs, Vector512.LoadUnsafe(ref _variances[r]));
            Vector512<double> mean = default;
            for (int k = 0; k < _outputs; k++)
                mean += Vector512.LoadUnsafe(ref _predictions[k * _stride + r]) * Vector512.LoadUnsafe(ref _changes[k * _stride + r]);
            for (int k = 0; k < _outputs; k++)
            {
                ref double change = ref _changes[k * _stride + r];
                (Vector512.LoadUnsafe(ref _weights[r]) * Vector512.LoadUnsafe(ref _predictions[k * _stride + r]) * (Vector512.LoadUnsafe(ref change) - mean)).StoreUnsafe(ref change);
            }
        }
    }

    private double Target(float label, int output) => _kind == LabelKind.Multiclass ? label == output ? 1 : 0 : label;

    private Span<double> Output(double[] u, int output) => u.AsSpan(output * _priorScale.Length, _priorScale.Length);
}
