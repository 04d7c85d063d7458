using System.Numerics.Tensors;
using MetaML.Heads;
using MetaML.Numerics;
using static MetaML.Numerics.MatrixAlgebra;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>What of one task the likelihood of a prior depends on: its rows, or A = Z̃ᵀSZ̃ and b = Z̃ᵀSy where that is smaller.</summary>
internal sealed class TaskEvidence
{
    private readonly int _width;
    private readonly double[]? _rows; // S^½ Z̃ [rows, width]
    private readonly double[]? _products; // A [width, width]
    private readonly double[][] _withLabels; // S^½ y [outputs][rows], or b [outputs][width]
    private readonly double[] _squares; // yᵀSy [outputs]

    /// <param name="task">The rows.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="target">What a label is regressed as, for one output.</param>
    public TaskEvidence(EmbeddedTask task, int width, Func<float, int, float> target)
        : this(Augment(task, width), Array.ConvertAll(task.Weights, weight => (double)weight), [.. Enumerable.Range(0, task.OutputCount).Select(k => Array.ConvertAll(task.Labels, label => (double)target(label, k)))], width)
    {
    }

    /// <param name="augmented">Z̃ [rows, width].</param>
    /// <param name="weights">s [rows].</param>
    /// <param name="targets">y [outputs][rows].</param>
    /// <param name="width">Embedding + 1.</param>
    public TaskEvidence(double[] augmented, double[] weights, double[][] targets, int width)
    {
        int count = weights.Length;
        _width = width;
        _squares = new double[targets.Length];
        Weight = weights.Sum();
        double[] rows = [.. augmented];
        double[][] labels = [.. targets.Select(values => values.ToArray())];
        for (int r = 0; r < count; r++)
        {
            double root = Math.Sqrt(weights[r]);
            Span<double> row = rows.AsSpan(r * width, width);
            TensorPrimitives.Multiply(row, root, row);
            foreach (double[] values in labels)
                values[r] *= root;
        }

        for (int k = 0; k < labels.Length; k++)
            _squares[k] = TensorPrimitives.SumOfSquares<double>(labels[k]);

        if (count < width)
        {
            _rows = rows;
            _withLabels = labels;
            return;
        }

        _products = new double[width * width];
        _withLabels = [.. labels.Select(_ => new double[width])];
        for (int r = 0; r < count; r++)
        {
            ReadOnlySpan<double> row = rows.AsSpan(r * width, width);
            for (int i = 0; i < width; i++)
                AddScaled(row[..(i + 1)], row[i], _products.AsSpan(i * width, i + 1));
            for (int k = 0; k < labels.Length; k++)
                AddScaled(row, labels[k][r], _withLabels[k]);
        }

        Mirror(_products, width);
    }

    /// <summary>Z̃ [rows, width].</summary>
    public static double[] Augment(EmbeddedTask task, int width)
    {
        var rows = new double[task.RowCount * width];
        for (int r = 0; r < task.RowCount; r++)
        {
            Span<double> row = rows.AsSpan(r * width, width);
            TensorPrimitives.ConvertTruncating(task.Row(r), row[..^1]);
            row[^1] = 1;
        }

        return rows;
    }

    /// <summary>Total weight of the rows.</summary>
    public double Weight { get; }

    /// <summary>Number of heads.</summary>
    public int Outputs => _squares.Length;

    /// <summary>yᵀSy over all outputs.</summary>
    public double SquaredLabels => _squares.Sum();

    /// <summary>The posterior of the heads, in units of the noise.</summary>
    /// <param name="prior">m and Σ̃.</param>
    public TaskPosterior Under(ScaledHeadPrior prior)
    {
        int width = _width;
        var shifts = new double[Outputs][];
        double quadratic = 0;
        if (_products is null) // by G = I + Z̃Σ̃Z̃ᵀ
        {
            int count = _rows!.Length / width;
            double[] spread = new double[count * width], gram = new double[count * count]; // Z̃Σ̃, G
            for (int r = 0; r < count; r++)
            {
                Span<double> target = spread.AsSpan(r * width, width);
                for (int j = 0; j < width; j++)
                    AddScaled(prior.Covariance.AsSpan(j * width, width), _rows[r * width + j], target);
                for (int c = 0; c <= r; c++)
                    gram[r * count + c] = TensorPrimitives.Dot<double>(target, _rows.AsSpan(c * width, width));
                gram[r * count + r] += 1;
            }

            Cholesky.Factor(gram, count);
            double logDeterminant = LogDeterminant(gram, count);
            for (int k = 0; k < Outputs; k++)
            {
                var residual = new double[count];
                for (int r = 0; r < count; r++)
                    residual[r] = _withLabels[k][r] - TensorPrimitives.Dot<double>(_rows.AsSpan(r * width, width), prior.MeanOf(k));
                SolveLower(gram, count, residual, 1); // L⁻¹r
                quadratic += TensorPrimitives.SumOfSquares<double>(residual);
                shifts[k] = residual; // finished below
            }

            SolveLower(gram, count, spread, width); // K = L⁻¹Z̃Σ̃
            for (int k = 0; k < Outputs; k++)
            {
                var shift = new double[width];
                for (int r = 0; r < count; r++)
                    AddScaled(spread.AsSpan(r * width, width), shifts[k][r], shift);
                shifts[k] = shift;
            }

            return new TaskPosterior(prior, shifts, spread, quadratic, logDeterminant);
        }

        double[] precision = new double[width * width]; // Σ̃⁻¹ + A
        TensorPrimitives.Add(prior.Precision, _products, precision);
        Cholesky.Factor(precision, width);
        double[] inverse = InverseOf(precision, width);
        for (int k = 0; k < Outputs; k++)
        {
            double[] residual = [.. _withLabels[k]]; // b − Am
            quadratic += _squares[k] - TensorPrimitives.Dot<double>(residual, prior.MeanOf(k));
            for (int i = 0; i < width; i++)
                residual[i] -= TensorPrimitives.Dot<double>(_products.AsSpan(i * width, width), prior.MeanOf(k));
            shifts[k] = Multiply(inverse, residual);
            quadratic -= TensorPrimitives.Dot<double>(residual, prior.MeanOf(k)) + TensorPrimitives.Dot<double>(residual, shifts[k]);
        }

        return new TaskPosterior(prior, shifts, inverse, Math.Max(quadratic, 0), LogDeterminant(precision, width) + prior.LogDeterminant);
    }
}
