using System.Numerics.Tensors;
using MetaML.Scoring;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>min_W J = Σᵢ sᵢ ℓ(yᵢ, z̃ᵢW) + ½ Σⱼ λⱼ‖Wⱼ − Cⱼ‖² for one task, without libtorch, in double precision.</summary>
/// <remarks>
/// ℓ is the cross-entropy, or for values half the squared error; C is any head, λ its penalties. Newton's method from C,
/// each step by conjugate gradients (Nocedal and Wright, Numerical Optimization, 2006, algorithm 7.1) with products by the
/// Hessian, which is never formed: cost O(rows · embedding · outputs) for each. In the coordinates U with W = C + λ^−½U the
/// Hessian is at least the identity, so ‖U − U*‖ ≤ ‖∇J‖ says when the minimum is reached.
/// </remarks>
internal sealed class PenalizedFit
{
    private const int MaximumHalvings = 40;
    private const double Tolerance = 1e-9;

    private readonly LabelKind _kind;
    private readonly EmbeddedTask _rows;
    private readonly LinearHead _centre;
    private readonly double[] _spread; // λ^−½ of slopes and intercept
    private readonly int _dimension;
    private readonly int _outputs;
    private readonly double[] _p; // [rows, embedding + 1]: z̃ λ^−½
    private readonly double[] _start; // [rows, outputs]: z̃C
    private readonly double[] _predictions; // [rows, outputs]: probabilities, or scores of values, where last evaluated

    /// <summary>A fit of one task.</summary>
    /// <param name="kind">What the labels are.</param>
    /// <param name="rows">The task; may have no rows.</param>
    /// <param name="centre">C.</param>
    /// <param name="penalty">λ of slopes; positive.</param>
    /// <param name="interceptPenalty">λ of the intercept; positive.</param>
    public PenalizedFit(LabelKind kind, EmbeddedTask rows, LinearHead centre, double penalty, double interceptPenalty)
    {
        _kind = kind;
        _rows = rows;
        _centre = centre;
        _outputs = centre.OutputCount;
        _dimension = centre.Weights.Length / _outputs;
        int width = _dimension + 1;
        _spread = new double[width];
        Array.Fill(_spread, 1 / Math.Sqrt(penalty));
        _spread[^1] = 1 / Math.Sqrt(interceptPenalty);

        _p = new double[rows.RowCount * width];
        _start = new double[rows.RowCount * _outputs];
        _predictions = new double[_start.Length];
        double[] weights = Array.ConvertAll(centre.Weights, weight => (double)weight);
        for (int row = 0; row < rows.RowCount; row++)
        {
            Span<double> p = _p.AsSpan(row * width, width);
            TensorPrimitives.ConvertTruncating(rows.Row(row, _dimension), p);
            for (int k = 0; k < _outputs; k++)
                _start[row * _outputs + k] = TensorPrimitives.Dot<double>(p[.._dimension], weights.AsSpan(k * _dimension, _dimension)) + centre.Bias[k];
            p[^1] = 1;
            TensorPrimitives.Multiply(p, _spread, p);
        }
    }

    /// <summary>Goes from C to the minimum, or as many steps towards it.</summary>
    /// <param name="maximumSteps">Newton's steps.</param>
    /// <returns>U: [outputs, embedding + 1].</returns>
    public double[] Minimize(int maximumSteps = 200)
    {
        int size = _outputs * _spread.Length;
        double[] u = new double[size], gradient = new double[size], next = new double[size];
        double value = Evaluate(u, gradient);
        for (int step = 0; step < maximumSteps; step++)
        {
            double norm = TensorPrimitives.Norm<double>(gradient);
            if (!(norm > Tolerance * (1 + TensorPrimitives.Norm<double>(u)))) // also where a number is not finite
                break;
            double[] direction = Direction(gradient, norm);
            double slope = TensorPrimitives.Dot<double>(gradient, direction), rate = 1, slack = 1e-12 * (1 + Math.Abs(value)); // what rounding may hide
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

    /// <summary>W = C + λ^−½U.</summary>
    /// <param name="u">[outputs, embedding + 1].</param>
    public LinearHead ToHead(double[] u)
    {
        var head = new LinearHead(new float[_centre.Weights.Length], new float[_outputs]);
        for (int k = 0; k < _outputs; k++)
        {
            ReadOnlySpan<double> own = Output(u, k);
            for (int j = 0; j < _dimension; j++)
                head.Weights[k * _dimension + j] = (float)(_centre.Weights[k * _dimension + j] + _spread[j] * own[j]);
            head.Bias[k] = (float)(_centre.Bias[k] + _spread[^1] * own[^1]);
        }

        return head;
    }

    // H⁻¹∇J, as closely as the distance to the minimum deserves.
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

    // J, and ∇J; the predictions stay for the Hessian.
    private double Evaluate(double[] u, double[] gradient)
    {
        u.CopyTo(gradient.AsSpan());
        double value = 0.5 * TensorPrimitives.SumOfSquares<double>(u);
        for (int row = 0; row < _rows.RowCount; row++)
        {
            Span<double> predictions = _predictions.AsSpan(row * _outputs, _outputs);
            for (int k = 0; k < _outputs; k++)
                predictions[k] = _start[row * _outputs + k] + TensorPrimitives.Dot(P(row), Output(u, k));
            value += _rows.Weights[row] * Predict(predictions, _rows.Labels[row]);
            for (int k = 0; k < _outputs; k++)
                Add(gradient, k, row, _rows.Weights[row] * (predictions[k] - Target(_rows.Labels[row], k)));
        }

        return value;
    }

    // v + Σᵢ sᵢ ∂²ℓᵢ v
    private void MultiplyByHessian(double[] v, double[] product)
    {
        v.CopyTo(product.AsSpan());
        Span<double> along = _outputs <= 256 ? stackalloc double[_outputs] : new double[_outputs];
        for (int row = 0; row < _rows.RowCount; row++)
        {
            ReadOnlySpan<double> predictions = _predictions.AsSpan(row * _outputs, _outputs);
            for (int k = 0; k < _outputs; k++)
                along[k] = TensorPrimitives.Dot(P(row), Output(v, k));
            double mean = _kind == LabelKind.Multiclass ? TensorPrimitives.Dot(predictions, along) : 0;
            for (int k = 0; k < _outputs; k++)
            {
                double curvature = _kind switch
                {
                    LabelKind.Binary => predictions[k] * (1 - predictions[k]) * along[k],
                    LabelKind.Multiclass => predictions[k] * (along[k] - mean),
                    _ => along[k],
                };
                Add(product, k, row, _rows.Weights[row] * curvature);
            }
        }
    }

    // Scores become predictions; returns ℓ.
    private double Predict(Span<double> scores, float label)
    {
        switch (_kind)
        {
            case LabelKind.Binary:
                double score = scores[0];
                scores[0] = 1 / (1 + Math.Exp(-score));
                return Math.Max(score, 0) - score * label + Math.Log(1 + Math.Exp(-Math.Abs(score))); // no overflow
            case LabelKind.Multiclass:
                double most = TensorPrimitives.Max<double>(scores), own = scores[(int)label] - most;
                TensorPrimitives.Subtract(scores, most, scores);
                TensorPrimitives.Exp(scores, scores);
                double sum = TensorPrimitives.Sum<double>(scores);
                TensorPrimitives.Divide(scores, sum, scores);
                return Math.Log(sum) - own;
            default:
                return 0.5 * (scores[0] - label) * (scores[0] - label);
        }
    }

    private double Target(float label, int output) => _kind == LabelKind.Multiclass ? label == output ? 1 : 0 : label;

    private ReadOnlySpan<double> P(int row) => _p.AsSpan(row * _spread.Length, _spread.Length);

    private Span<double> Output(double[] u, int output) => u.AsSpan(output * _spread.Length, _spread.Length);

    private void Add(double[] sum, int output, int row, double factor)
    {
        Span<double> own = Output(sum, output);
        TensorPrimitives.MultiplyAdd(P(row), factor, own, own);
    }
}
