using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Heads;
using MetaML.Numerics;
using static MetaML.Numerics.MatrixAlgebra;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The sufficient statistics of a task for the likelihood of a prior: its rows, or A = Z̃ᵀSZ̃ and b = Z̃ᵀSy if these are smaller.</summary>
/// <remarks>They are computed once and serve all forms of the covariance.</remarks>
internal sealed class TaskEvidence
{
    private readonly int _width;
    private readonly double[]? _rows; // S^½ Z̃ [rows, width]
    private readonly double[]? _products; // A [width, width]
    private readonly double[][] _withLabels; // S^½ y [outputs][rows], or b [outputs][width]
    private readonly double[] _squares; // yᵀSy [outputs]

    /// <param name="task">The rows.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="target">The value for which a label stands in the regression of an output.</param>
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
        RowCount = count;
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

        int stride = LaneProducts.Stride(count);
        double[] columns = new double[width * stride], padded = new double[labels.Length * stride], sums = new double[labels.Length * width];
        for (int i = 0; i < rows.Length; i++)
            columns[i % width * stride + i / width] = rows[i];
        for (int k = 0; k < labels.Length; k++)
            labels[k].CopyTo(padded, k * stride);
        _products = new double[width * width];
        LaneProducts.AddProducts(columns, columns, _products, stride);
        LaneProducts.AddProducts(padded, columns, sums, stride);
        _withLabels = [.. sums.Chunk(width)];
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

    /// <summary>A = Z̃ᵀSZ̃ [width, width], b = Z̃ᵀSy [outputs][width] and yᵀSy [outputs]. The arrays must not be changed.</summary>
    public (double[] Products, double[][] WithLabels, double[] Squares) Moments()
    {
        if (_products is not null)
            return (_products, _withLabels, _squares);
        var products = new double[_width * _width];
        double[][] withLabels = [.. _withLabels.Select(_ => new double[_width])];
        for (int r = 0; r < RowCount; r++)
        {
            ReadOnlySpan<double> row = _rows.AsSpan(r * _width, _width);
            for (int i = 0; i < _width; i++)
                AddScaled(row, row[i], products.AsSpan(i * _width, _width));
            for (int k = 0; k < withLabels.Length; k++)
                AddScaled(row, _withLabels[k][r], withLabels[k]);
        }

        return (products, withLabels, _squares);
    }

    /// <summary>The evidence of w − m in some of the dimensions, where w equals m in the others.</summary>
    /// <param name="heads">m [outputs][width].</param>
    /// <param name="dimensions">The dimensions in which w differs from m, ascending.</param>
    public TaskEvidence About(double[][] heads, int[] dimensions)
    {
        var (products, withLabels, squares) = Moments();
        int size = dimensions.Length;
        var some = new double[size * size];
        for (int i = 0; i < some.Length; i++)
            some[i] = products[dimensions[i / size] * _width + dimensions[i % size]];
        var right = new double[withLabels.Length][];
        var rest = new double[squares.Length];
        for (int k = 0; k < right.Length; k++)
        {
            double[] product = Multiply(products, heads[k]);
            rest[k] = Math.Max(squares[k] - 2 * TensorPrimitives.Dot<double>(withLabels[k], heads[k]) + TensorPrimitives.Dot<double>(product, heads[k]), 0);
            right[k] = Array.ConvertAll(dimensions, j => withLabels[k][j] - product[j]);
        }

        return new TaskEvidence(RowCount, Weight, some, right, rest, size);
    }

    private TaskEvidence(int rowCount, double weight, double[] products, double[][] withLabels, double[] squares, int width)
    {
        (RowCount, Weight, _products, _withLabels, _squares, _width) = (rowCount, weight, products, withLabels, squares, width);
    }

    /// <summary>About how many multiplications the posterior takes.</summary>
    public double Work => 2.0 * Math.Min(RowCount, _width) * Math.Min(RowCount, _width) * _width;

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>Total weight of the rows.</summary>
    public double Weight { get; }

    /// <summary>Number of heads.</summary>
    public int Outputs => _squares.Length;

    /// <summary>yᵀSy over all outputs.</summary>
    public double SquaredLabels => _squares.Sum();

    /// <summary>Whether the task has fewer rows than values of an embedding and intercept, so that its rows are stored.</summary>
    public bool HasFewRows => _products is null;

    /// <summary>The posterior of the heads, in units of the noise.</summary>
    /// <param name="prior">m and Σ̃.</param>
    /// <exception cref="ArithmeticException">The task's system is singular in double precision.</exception>
    public TaskPosterior Under(ScaledHeadPrior prior)
    {
        var posterior = new TaskPosterior[1];
        Under(prior, [this], posterior);
        return posterior[0];
    }

    /// <summary>The posteriors of several tasks: those with many rows are computed together.</summary>
    /// <param name="prior">m and Σ̃.</param>
    /// <param name="tasks">At most <see cref="LaneInverse.Lanes"/>.</param>
    /// <param name="posteriors">Receives the posterior of each task. Earlier posteriors of the same tasks give their memory.</param>
    /// <exception cref="ArithmeticException">The system of a task is singular in double precision.</exception>
    public static void Under(ScaledHeadPrior prior, ReadOnlySpan<TaskEvidence> tasks, Span<TaskPosterior> posteriors)
    {
        Span<int> numbers = stackalloc int[tasks.Length];
        int count = 0;
        for (int t = 0; t < tasks.Length; t++)
        {
            if (tasks[t]._rows is { } rows)
                posteriors[t] = tasks[t].UnderByRows(prior, rows, posteriors[t]);
            else
                numbers[count++] = t;
        }

        if (count == 0)
            return;
        int width = tasks[numbers[0]]._width;
        double[][] products = new double[count][], inverses = new double[count][];
        Span<double> logDeterminants = stackalloc double[count];
        for (int i = 0; i < count; i++)
            (products[i], inverses[i]) = (tasks[numbers[i]]._products!, posteriors[numbers[i]]?.Root ?? new double[width * width]);
        LaneInverse.Invert(prior.Covariance.Precision, products, width, inverses, logDeterminants);
        for (int i = 0; i < count; i++)
            posteriors[numbers[i]] = tasks[numbers[i]].UnderByProducts(prior, products[i], inverses[i], logDeterminants[i]);
    }

    // With G = I + Z̃Σ̃Z̃ᵀ = LLᵀ and K = L⁻¹Z̃Σ̃: δ = Kᵀ L⁻¹(y − Z̃m).
    private TaskPosterior UnderByRows(ScaledHeadPrior prior, double[] rows, TaskPosterior? before)
    {
        int width = _width, count = rows.Length / width, size = count * width;
        double[] Rent(int length) => ArrayPool<double>.Shared.Rent(length + SmallProducts<double>.Slack);
        double[] spread = Rent(size), reduction = before?.Root ?? Rent(size), gram = Rent(count * count), residual = Rent(count); // Z̃Σ̃, K, G
        prior.Covariance.MultiplyRows(rows, spread.AsSpan(0, size));
        SmallProducts<double>.MultiplyByTransposed(spread.AsSpan(0, size), rows, gram, count, width, count);
        for (int r = 0; r < count; r++)
            gram[r * count + r] += 1;
        Cholesky.Factor(gram, count);
        SmallProducts<double>.Multiply(LowerInverse(gram, count), spread, reduction, count, count, width);
        double quadratic = 0;
        double[][] shifts = before?.Shifts ?? new double[Outputs][];
        for (int k = 0; k < Outputs; k++)
        {
            for (int r = 0; r < count; r++)
                residual[r] = _withLabels[k][r] - TensorPrimitives.Dot<double>(rows.AsSpan(r * width, width), prior.MeanOf(k));
            SolveLower(gram, count, residual, 1);
            quadratic += TensorPrimitives.SumOfSquares<double>(residual.AsSpan(0, count));
            (shifts[k] ??= new double[width]).AsSpan().Clear();
            for (int r = 0; r < count; r++)
                AddScaled(reduction.AsSpan(r * width, width), residual[r], shifts[k]);
        }

        double logDeterminant = LogDeterminant(gram, count);
        foreach (double[] rented in (double[][])[spread, gram, residual])
            ArrayPool<double>.Shared.Return(rented);
        return new TaskPosterior(prior, shifts, reduction, size, quadratic, logDeterminant, isWhole: false);
    }

    // With S̃ = (Σ̃⁻¹ + A)⁻¹: δ = S̃(b − Am).
    private TaskPosterior UnderByProducts(ScaledHeadPrior prior, double[] products, double[] inverse, double logDeterminant)
    {
        int width = _width;
        double quadratic = 0;
        var shifts = new double[Outputs][];
        for (int k = 0; k < Outputs; k++)
        {
            double[] residual = [.. _withLabels[k]];
            quadratic += _squares[k] - TensorPrimitives.Dot<double>(residual, prior.MeanOf(k));
            for (int i = 0; i < width; i++)
                residual[i] -= TensorPrimitives.Dot<double>(products.AsSpan(i * width, width), prior.MeanOf(k));
            shifts[k] = Multiply(inverse, residual);
            quadratic -= TensorPrimitives.Dot<double>(residual, prior.MeanOf(k)) + TensorPrimitives.Dot<double>(residual, shifts[k]);
        }

        return new TaskPosterior(prior, shifts, inverse, inverse.Length, Math.Max(quadratic, 0), logDeterminant + prior.Covariance.LogDeterminant, isWhole: true);
    }
}
