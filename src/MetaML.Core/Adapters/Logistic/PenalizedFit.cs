using System.Numerics.Tensors;
using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>min_W J = Σᵢ sᵢ ℓ(yᵢ, z̃ᵢW) + ½‖B⁻¹(W − C)‖² for one task, without libtorch, in double precision.</summary>
/// <remarks>
/// <para>ℓ is the cross-entropy, or for values half the squared error. C is any head. B = diag(b) F is the scale of W − C: λ^−½ for
/// penalties λ, or a square root of a prior covariance. Newton's method finds the minimum. Conjugate gradients solve each step
/// (Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.1) with Hessian-vector products, at a cost of O(rows ·
/// embedding · outputs) each; the Hessian is never formed. In the coordinates U with W = C + BU the Hessian is at least the
/// identity, so that ‖U − U*‖ ≤ ‖∇J‖ gives the stopping rule.</para>
/// <para>With <see cref="Variances"/> ℓ is the expected cross-entropy of scores with a normal distribution about z̃ᵢW: exact for
/// two classes (<see cref="LogisticExpectation"/>), an upper bound for more (<see cref="TiltedSoftmax"/>).</para>
/// </remarks>
internal sealed class PenalizedFit
{
    private const int MaximumHalvings = 40;
    private const double Tolerance = 1e-9;

    private readonly LabelKind _kind;
    private readonly EmbeddedTask _rows;
    private readonly double[] _centre; // C [outputs, embedding + 1]
    private readonly double[] _priorScale; // b
    private readonly double[]? _factor; // F, or null for the identity
    private readonly int _outputs;
    private readonly double[] _p; // [rows, embedding + 1]: z̃B
    private readonly double[] _start; // [rows, outputs]: z̃C
    private readonly double[] _predictions; // [rows, outputs]: probabilities, or scores of values, at the last evaluated U
    private readonly double[] _curvatures; // [rows]: ∂²ℓ for two classes at the last evaluated U

    /// <summary>Prepares the fit of one task, with penalties.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">The task; may have no rows.</param>
    /// <param name="centre">C.</param>
    /// <param name="penalty">λ of slopes; positive.</param>
    /// <param name="interceptPenalty">λ of the intercept; positive.</param>
    public PenalizedFit(LabelKind kind, EmbeddedTask rows, LinearHead centre, double penalty, double interceptPenalty)
        : this(kind, rows, WithIntercepts(centre), [.. Enumerable.Repeat(1 / Math.Sqrt(penalty), centre.Weights.Length / centre.OutputCount), 1 / Math.Sqrt(interceptPenalty)], null)
    {
    }

    /// <summary>Prepares the fit of one task.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="rows">The task; may have no rows.</param>
    /// <param name="centre">C [outputs, embedding + 1].</param>
    /// <param name="priorScale">b [embedding + 1].</param>
    /// <param name="factor">F [embedding + 1, embedding + 1], row-major; or null for the identity.</param>
    public PenalizedFit(LabelKind kind, EmbeddedTask rows, double[] centre, double[] priorScale, double[]? factor)
    {
        _kind = kind;
        _rows = rows;
        _centre = centre;
        _priorScale = priorScale;
        _factor = factor;
        int width = priorScale.Length;
        _outputs = centre.Length / width;

        _p = new double[rows.RowCount * width];
        _start = new double[rows.RowCount * _outputs];
        _predictions = new double[_start.Length];
        _curvatures = new double[rows.RowCount];
        var scaled = new double[width];
        for (int row = 0; row < rows.RowCount; row++)
        {
            Span<double> p = _p.AsSpan(row * width, width);
            TensorPrimitives.ConvertTruncating(rows.Row(row), p);
            p[^1] = 1;
            for (int k = 0; k < _outputs; k++)
                _start[row * _outputs + k] = TensorPrimitives.Dot<double>(p, centre.AsSpan(k * width, width));
            TensorPrimitives.Multiply(p, priorScale, p);
            if (factor is null)
                continue;
            p.CopyTo(scaled);
            p.Clear();
            for (int j = 0; j < width; j++)
                MatrixAlgebra.AddScaled(factor.AsSpan(j * width, width), scaled[j], p);
        }
    }

    /// <summary>v [rows]: the variance of the score of each row (two classes), or of each of its scores (more classes); null for exact scores.</summary>
    public double[]? Variances { get; set; }

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
    public double[] Minimize(int maximumSteps = 200, double[]? from = null, double tolerance = Tolerance)
    {
        int size = _outputs * _priorScale.Length;
        double[] u = from is null ? new double[size] : [.. from], gradient = new double[size], next = new double[size];
        double value = Evaluate(u, gradient);
        for (int step = 0; step < maximumSteps; step++)
        {
            double norm = TensorPrimitives.Norm<double>(gradient);
            if (!(norm > tolerance * (1 + TensorPrimitives.Norm<double>(u)))) // also if a number is not finite
                break;
            double[] direction = Direction(gradient, norm);
            double slope = TensorPrimitives.Dot<double>(gradient, direction), rate = 1, slack = 1e-12 * (1 + Math.Abs(value)); // rounding error
            for (int halving = 0; ; halving++)
            {
                TensorPrimitives.MultiplyAdd(direction, -rate, u, next);
                double nextValue = Evaluate(next, gradient);
                if (nextValue <= value - 1e-4 * rate * slope + slack || halving == MaximumHalvings) // Armijo
                {
                    value = nextValue;
                    break;
                }

                rate /= 2;
            }

            (u, next) = (next, u);
        }

        return u;
    }

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

    /// <summary>A row's mean score.</summary>
    /// <param name="u">[outputs, embedding + 1].</param>
    /// <param name="row">The row's index, from 0.</param>
    /// <param name="output">The output's index, from 0.</param>
    public double Score(double[] u, int row, int output) => _start[row * _outputs + output] + TensorPrimitives.Dot(P(row), Output(u, output));

    /// <summary>s(y − g): the derivative of a row's log likelihood by a score, at the last evaluated U.</summary>
    public double Residual(int row, int output) => _rows.Weights[row] * (Target(_rows.Labels[row], output) - _predictions[row * _outputs + output]);

    /// <summary>For classes, s times twice the derivative of a row's expected loss by its variance, divided by the degrees of freedom (classes − 1), at the last evaluated U.</summary>
    public double Precision(int row)
    {
        if (_kind == LabelKind.Binary)
            return _rows.Weights[row] * _curvatures[row];
        return _rows.Weights[row] * (1 - TensorPrimitives.SumOfSquares<double>(_predictions.AsSpan(row * _outputs, _outputs))) / Math.Max(_outputs - 1, 1);
    }

    // H⁻¹∇J, with a precision that grows near the minimum.
    private double[] Direction(double[] gradient, double norm)
    {
        double[] solution = new double[gradient.Length], residual = [.. gradient], search = [.. gradient], product = new double[gradient.Length];
        double squared = norm * norm, goal = norm * Math.Min(0.1, norm);
        for (int i = 0; i < 2 * gradient.Length && Math.Sqrt(squared) > goal; i++)
        {
            MultiplyByHessian(search, product);
            double rate = squared / TensorPrimitives.Dot<double>(search, product);
            TensorPrimitives.MultiplyAdd(search, rate, solution, solution);
            TensorPrimitives.MultiplyAdd(product, -rate, residual, residual);
            double next = TensorPrimitives.SumOfSquares<double>(residual);
            TensorPrimitives.MultiplyAdd(search, next / squared, residual, search);
            squared = next;
        }

        return solution;
    }

    // Computes J and ∇J, and stores the predictions for the Hessian.
    private double Evaluate(double[] u, double[] gradient)
    {
        u.CopyTo(gradient.AsSpan());
        double value = 0.5 * TensorPrimitives.SumOfSquares<double>(u);
        for (int row = 0; row < _rows.RowCount; row++)
        {
            Span<double> predictions = _predictions.AsSpan(row * _outputs, _outputs);
            for (int k = 0; k < _outputs; k++)
                predictions[k] = Score(u, row, k);
            value += _rows.Weights[row] * Predict(predictions, row);
            for (int k = 0; k < _outputs; k++)
                Add(gradient, k, row, _rows.Weights[row] * (predictions[k] - Target(_rows.Labels[row], k)));
        }

        return Value = value;
    }

    // v + Σᵢ sᵢ ∂²ℓᵢ v
    private void MultiplyByHessian(double[] v, double[] product)
    {
        v.CopyTo(product.AsSpan());
        Span<double> projection = _outputs <= 256 ? stackalloc double[_outputs] : new double[_outputs];
        for (int row = 0; row < _rows.RowCount; row++)
        {
            ReadOnlySpan<double> predictions = _predictions.AsSpan(row * _outputs, _outputs);
            for (int k = 0; k < _outputs; k++)
                projection[k] = TensorPrimitives.Dot(P(row), Output(v, k));
            if (_kind == LabelKind.Multiclass && Variances is not null)
                TiltedSoftmax.Solve(predictions, Variances[row], projection);
            double mean = _kind == LabelKind.Multiclass ? TensorPrimitives.Dot(predictions, projection) : 0;
            for (int k = 0; k < _outputs; k++)
            {
                double curvature = _kind switch
                {
                    LabelKind.Binary => _curvatures[row] * projection[k],
                    LabelKind.Multiclass => predictions[k] * (projection[k] - mean),
                    _ => projection[k],
                };
                Add(product, k, row, _rows.Weights[row] * curvature);
            }
        }
    }

    // Replaces scores by predictions, and returns ℓ.
    private double Predict(Span<double> scores, int row)
    {
        float label = _rows.Labels[row];
        double variance = Variances?[row] ?? 0;
        switch (_kind)
        {
            case LabelKind.Binary:
                double score = scores[0];
                (double value, scores[0], _curvatures[row]) = LogisticExpectation.Of(score, variance);
                return value - score * label;
            case LabelKind.Multiclass:
                double labelScore = scores[(int)label];
                return TiltedSoftmax.Apply(scores, variance) - labelScore;
            default:
                return 0.5 * (scores[0] - label) * (scores[0] - label);
        }
    }

    private double Target(float label, int output) => _kind == LabelKind.Multiclass ? label == output ? 1 : 0 : label;

    private ReadOnlySpan<double> P(int row) => _p.AsSpan(row * _priorScale.Length, _priorScale.Length);

    private Span<double> Output(double[] u, int output) => u.AsSpan(output * _priorScale.Length, _priorScale.Length);

    private void Add(double[] sum, int output, int row, double factor)
    {
        Span<double> outputSum = Output(sum, output);
        TensorPrimitives.MultiplyAdd(P(row), factor, outputSum, outputSum);
    }
}
