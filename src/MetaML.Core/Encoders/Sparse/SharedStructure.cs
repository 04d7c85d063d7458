using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Encoders.Sparse;

/// <summary>The directions that the heads of many tasks share: the leading right singular vectors V of H. The rows of H are the ridge heads of the tasks.</summary>
/// <remarks>
/// <para>Head k of a task is hₖ = X̂ᵀS^½αₖ with (S^½X̂X̂ᵀS^½ + λI) αₖ = S^½(yₖ − ȳₖ). X̂ are rows of length 1, S the example weights,
/// and yₖ the labels or the indicators of class k. Conjugate gradients compute α. Only α is stored, never a head. The cost of a
/// step is therefore O(stored values · outputs), and the memory is that of V. If there are no more heads than directions, V spans
/// all heads; else subspace iteration from random combinations of heads computes V (Halko et al., 2009, arXiv 0909.4061). The
/// order of sums does not depend on the number of threads, so the results are bitwise equal.</para>
/// <para>Source: Ando and Zhang, A Framework for Learning Predictive Structures from Multiple Tasks and Unlabeled Data, JMLR 6, 2005.</para>
/// </remarks>
internal sealed class SharedStructure
{
    private const int OutputsPerBlock = 16; // the memory of a fit is this number of values for each feature
    private const int MaximumSteps = 50;
    private const int SubspaceIterations = 3;
    private const double Tolerance = 1e-3; // relative residual; classification heads need no higher precision

    private readonly FeatureStore _features;
    private readonly float[] _scale; // the factor of each feature
    private readonly Task[] _tasks;
    private readonly int _heads;

    /// <summary>Fits the heads of all tasks.</summary>
    /// <param name="problems">Problems on one feature store, with standardised labels.</param>
    /// <param name="scaling">A scaling without shift, or null.</param>
    /// <param name="penalty">λ.</param>
    public SharedStructure(IReadOnlyList<TaskSet> problems, FeatureScaling? scaling, double penalty)
    {
        _features = problems[0].Features;
        _scale = new float[_features.FeatureCount];
        if (scaling is { Scale.Length: > 1 })
            scaling.Scale.CopyTo(_scale, 0);
        else
            Array.Fill(_scale, scaling?.Scale[0] ?? 1);

        var tasks = new List<Task>();
        foreach (TaskSet problem in problems)
        {
            foreach (LearningTask task in problem.Tasks)
            {
                int[] classes = problem.Kind == LabelKind.Multiclass ? [.. task.Labels.Select(label => (int)label).Distinct().Order()] : [];
                if (task.RowCount > 1 && classes.Length != 1)
                    tasks.Add(Create(task, classes, _heads += Math.Max(1, classes.Length)));
            }
        }

        _tasks = [.. tasks];
        Parallel.ForEach(_tasks.SelectMany(task => Enumerable.Range(0, (task.Outputs + OutputsPerBlock - 1) / OutputsPerBlock).Select(block => (task, block * OutputsPerBlock))), () => new float[_scale.Length * OutputsPerBlock], (part, _, buffer) =>
        {
            Solve(part.task, part.Item2, Math.Min(OutputsPerBlock, part.task.Outputs - part.Item2), penalty, buffer);
            return buffer;
        }, _ => { });
    }

    /// <summary>Computes V.</summary>
    /// <param name="structure">[features, dimension], row-major. Receives weight · V. Columns beyond the number of heads become 0.</param>
    /// <param name="dimension">The largest number of directions.</param>
    /// <param name="weight">The length of a column.</param>
    /// <param name="random">Draws the initial combinations of heads if there are more heads than directions.</param>
    public void Fit(float[] structure, int dimension, double weight, Random random)
    {
        Array.Clear(structure);
        if (_heads == 0)
            return;
        bool spansAll = _heads <= dimension;
        var combinations = new float[_heads * dimension];
        for (int head = 0; head < _heads; head++)
        {
            for (int j = 0; j < dimension; j++)
                combinations[head * dimension + j] = spansAll ? head == j ? 1 : 0 : (float)NormalRandom.Next(random);
        }

        Combine(combinations, structure, dimension);
        Orthonormalize(structure, dimension);
        for (int i = 0; i < SubspaceIterations && !spansAll; i++)
        {
            Combine(Project(structure, dimension), structure, dimension);
            Orthonormalize(structure, dimension);
        }

        TensorPrimitives.Multiply(structure, (float)weight, structure);
    }

    private Task Create(LearningTask task, int[] classes, int end)
    {
        int outputs = Math.Max(1, classes.Length);
        var factors = new float[task.RowCount];
        var targets = new float[task.RowCount * outputs];
        for (int k = 0; k < outputs; k++)
        {
            double Label(int i) => classes.Length == 0 ? task.Labels[i] : task.Labels[i] == classes[k] ? 1 : 0;
            double mean = task.WeightedMean(Label);
            for (int i = 0; i < task.RowCount; i++)
                targets[i * outputs + k] = (float)(Math.Sqrt(task.Weights?[i] ?? 1) * (Label(i) - mean));
        }

        for (int i = 0; i < factors.Length; i++)
        {
            double squares = 0;
            FeatureRow row = _features[task.Rows[i]];
            for (int n = 0; n < row.Values.Length; n++)
            {
                double value = (double)row.Values[n] * _scale[Feature(row, n)];
                squares += value * value;
            }

            factors[i] = squares > 0 ? (float)Math.Sqrt((task.Weights?[i] ?? 1) / squares) : 0;
        }

        return new Task(task.Rows, factors, targets, outputs, end - outputs);
    }

    // Conjugate gradients for a block of outputs. Each output has its own step lengths. α replaces the targets.
    private void Solve(Task task, int first, int outputs, double penalty, float[] buffer)
    {
        int rows = task.Rows.Length;
        float[] solution = new float[rows * outputs], residual = new float[rows * outputs], product = new float[rows * outputs];
        for (int i = 0; i < rows; i++)
            task.Alpha.AsSpan(i * task.Outputs + first, outputs).CopyTo(residual.AsSpan(i * outputs));
        float[] search = [.. residual];
        double[] squared = Products(residual, residual, outputs), goal = Array.ConvertAll(squared, value => Tolerance * Tolerance * value);
        for (int step = 0; step < MaximumSteps && squared.Zip(goal).Any(pair => pair.First > pair.Second); step++)
        {
            Multiply(task, search, outputs, penalty, product, buffer);
            double[] curvatures = Products(search, product, outputs);
            double[] rates = [.. squared.Zip(curvatures, (value, curvature) => curvature > 0 ? value / curvature : 0)];
            Add(solution, search, rates, 1);
            Add(residual, product, rates, -1);
            double[] next = Products(residual, residual, outputs);
            double[] ratios = [.. next.Zip(squared, (value, previous) => previous > 0 ? value / previous : 0)];
            for (int i = 0; i < search.Length; i++)
                search[i] = residual[i] + (float)ratios[i % outputs] * search[i];
            squared = next;
        }

        for (int i = 0; i < rows; i++)
            solution.AsSpan(i * outputs, outputs).CopyTo(task.Alpha.AsSpan(i * task.Outputs + first));
    }

    // (S^½X̂X̂ᵀS^½ + λI) A. The buffer must be zero, and is zero afterwards.
    private void Multiply(Task task, float[] a, int outputs, double penalty, float[] product, float[] buffer)
    {
        for (int i = 0; i < task.Rows.Length; i++)
        {
            FeatureRow row = _features[task.Rows[i]];
            for (int n = 0; n < row.Values.Length; n++)
            {
                Span<float> sum = buffer.AsSpan(Feature(row, n) * outputs, outputs);
                TensorPrimitives.MultiplyAdd(a.AsSpan(i * outputs, outputs), Value(task, i, row, n), sum, sum);
            }
        }

        for (int i = 0; i < task.Rows.Length; i++)
        {
            FeatureRow row = _features[task.Rows[i]];
            Span<float> target = product.AsSpan(i * outputs, outputs);
            TensorPrimitives.Multiply(a.AsSpan(i * outputs, outputs), (float)penalty, target);
            for (int n = 0; n < row.Values.Length; n++)
                TensorPrimitives.MultiplyAdd(buffer.AsSpan(Feature(row, n) * outputs, outputs), Value(task, i, row, n), target, target);
        }

        foreach (int number in task.Rows)
        {
            FeatureRow row = _features[number];
            for (int n = 0; n < row.Values.Length; n++)
                buffer.AsSpan(Feature(row, n) * outputs, outputs).Clear();
        }
    }

    // HᵀC: [features, dimension] from [heads, dimension]
    private void Combine(float[] combinations, float[] sum, int dimension)
    {
        Array.Clear(sum);
        var mixed = new float[dimension];
        foreach (Task task in _tasks)
        {
            for (int i = 0; i < task.Rows.Length; i++)
            {
                Array.Clear(mixed);
                for (int k = 0; k < task.Outputs; k++)
                    TensorPrimitives.MultiplyAdd(combinations.AsSpan((task.First + k) * dimension, dimension), task.Alpha[i * task.Outputs + k], mixed, mixed);
                FeatureRow row = _features[task.Rows[i]];
                for (int n = 0; n < row.Values.Length; n++)
                {
                    Span<float> target = sum.AsSpan(Feature(row, n) * dimension, dimension);
                    TensorPrimitives.MultiplyAdd(mixed, Value(task, i, row, n), target, target);
                }
            }
        }
    }

    // HV: [heads, dimension] from [features, dimension]
    private float[] Project(float[] directions, int dimension)
    {
        var projections = new float[_heads * dimension];
        var projection = new float[dimension];
        foreach (Task task in _tasks)
        {
            for (int i = 0; i < task.Rows.Length; i++)
            {
                Array.Clear(projection);
                FeatureRow row = _features[task.Rows[i]];
                for (int n = 0; n < row.Values.Length; n++)
                    TensorPrimitives.MultiplyAdd(directions.AsSpan(Feature(row, n) * dimension, dimension), Value(task, i, row, n), projection, projection);
                for (int k = 0; k < task.Outputs; k++)
                {
                    Span<float> target = projections.AsSpan((task.First + k) * dimension, dimension);
                    TensorPrimitives.MultiplyAdd(projection, task.Alpha[i * task.Outputs + k], target, target);
                }
            }
        }

        return projections;
    }

    // V ← V L⁻ᵀ with VᵀV = L Lᵀ. A small ridge makes nearly dependent columns almost 0 instead of noise.
    private static void Orthonormalize(float[] directions, int dimension)
    {
        var gram = new double[dimension * dimension];
        var wide = new double[dimension];
        for (int row = 0; row < directions.Length; row += dimension)
        {
            TensorPrimitives.ConvertTruncating<float, double>(directions.AsSpan(row, dimension), wide);
            for (int i = 0; i < dimension; i++)
            {
                if (wide[i] != 0)
                    TensorPrimitives.MultiplyAdd(wide.AsSpan(0, i + 1), wide[i], gram.AsSpan(i * dimension, i + 1), gram.AsSpan(i * dimension, i + 1));
            }
        }

        double trace = 0;
        for (int i = 0; i < dimension; i++)
            trace += gram[i * dimension + i];
        if (!(trace > 0))
            return;
        for (int i = 0; i < dimension; i++)
            gram[i * dimension + i] += 1e-6 * trace / dimension;
        Cholesky.Factor(gram, dimension);
        for (int row = 0; row < directions.Length; row += dimension)
        {
            Span<float> direction = directions.AsSpan(row, dimension);
            if (!direction.ContainsAnyExcept(0f))
                continue;
            TensorPrimitives.ConvertTruncating<float, double>(direction, wide);
            for (int i = 0; i < dimension; i++)
            {
                wide[i] = (wide[i] - TensorPrimitives.Dot<double>(gram.AsSpan(i * dimension, i), wide.AsSpan(0, i))) / gram[i * dimension + i];
                direction[i] = (float)wide[i];
            }
        }
    }

    private static double[] Products(float[] left, float[] right, int outputs)
    {
        var products = new double[outputs];
        for (int i = 0; i < left.Length; i++)
            products[i % outputs] += (double)left[i] * right[i];
        return products;
    }

    private static void Add(float[] sum, float[] values, double[] rates, double sign)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] += (float)(sign * rates[i % rates.Length] * values[i]);
    }

    private static int Feature(FeatureRow row, int n) => row.IsSparse ? row.Indices[n] : n;

    // An entry of S^½X̂.
    private float Value(Task task, int i, FeatureRow row, int n) => row.Values[n] * _scale[Feature(row, n)] * task.Factors[i];

    /// <param name="Rows">Row numbers in the store.</param>
    /// <param name="Factors">√s / ‖x‖ of each row.</param>
    /// <param name="Alpha">Initially the targets, then α: [rows, outputs].</param>
    /// <param name="Outputs">Number of heads.</param>
    /// <param name="First">The index of the first head among all heads.</param>
    private sealed record Task(int[] Rows, float[] Factors, float[] Alpha, int Outputs, int First);
}
