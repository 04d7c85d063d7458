using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>The marginal likelihood of a task with binary labels or counts by Laplace's approximation, and its derivatives.</summary>
/// <remarks>
/// <para>The head is m + Lu in the varying dimensions, u ~ N(0, I). With ℓᵢ = −sᵢ log p(yᵢ), pᵢ = Lᵀz̃ᵢ and J(u) = Σ ℓᵢ + ½‖u‖², log p(y) ≈ −J(û) − ½ log |H| at the
/// minimum û of J, H = I + Σ ℓᵢ″ pᵢpᵢᵀ.</para>
/// <para>With aᵢ = ½ ℓᵢ‴ pᵢᵀH⁻¹pᵢ, g = H⁻¹ Σ aᵢpᵢ and cᵢ = ℓᵢ′ + aᵢ − ℓᵢ″ pᵢᵀg, the derivatives of −log p(y) are Σ cᵢz̃ᵢ by m, and
/// Σ z̃ᵢ(cᵢû + ℓᵢ″H⁻¹pᵢ − ℓᵢ′g)ᵀ by L: the minimum moves with m and L. Source: Bates et al., Fitting linear mixed-effects models using
/// lme4, 2015, arXiv 1406.5823, whose package maximises the same function without derivatives.</para>
/// <para>An instance belongs to one thread at a time: it starts each minimisation at the last minimum.</para>
/// </remarks>
internal sealed class LaplaceTask
{
    private const double Tolerance = 1e-9; // of the gradient of J

    private const int MaximumSteps = 200, MaximumHalvings = 40;

    private readonly EmbeddedTask _task;
    private readonly int _width;
    private readonly double[] _rows; // Z̃ [rows, width]
    private double[]? _mode; // û of the last evaluation

    /// <param name="task">The rows and covariates.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="covariates">Number of covariates.</param>
    public LaplaceTask(EmbeddedTask task, int width, int covariates)
    {
        _task = task;
        _width = width;
        _rows = TaskEvidence.Augment(task, width);
        Covariates = MixedTask.CovariatesOf(task.Covariates, covariates);
    }

    /// <summary>u, standardised.</summary>
    public double[] Covariates { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount => _task.RowCount;

    /// <summary>The approximation at a prior.</summary>
    /// <param name="mean">m [width].</param>
    /// <param name="varying">The dimensions in which heads vary.</param>
    /// <param name="root">L [varying, columns].</param>
    /// <param name="counts">The likelihood of counts; null for binary labels.</param>
    /// <exception cref="ArithmeticException">H is singular in double precision.</exception>
    public Approximation Evaluate(double[] mean, int[] varying, double[] root, CountLikelihood? counts)
    {
        int rows = RowCount, columns = root.Length / varying.Length;
        double[] p = Columns(varying, root, columns), start = Start(mean);
        double[] mode = _mode?.Length == columns ? _mode : new double[columns];
        var losses = new LossDerivatives[rows];
        double value = Loss(mode, p, start, counts, losses);
        double[] gradient, hessian;
        for (int step = 0; ; step++)
        {
            (gradient, hessian) = Derivatives(mode, p, losses);
            Cholesky.Factor(hessian, columns);
            if (!(TensorPrimitives.Norm<double>(gradient) > Tolerance * (1 + TensorPrimitives.Norm<double>(mode))) || step == MaximumSteps)
                break;
            double[] direction = Solve(hessian, columns, gradient), next = mode;
            double slope = TensorPrimitives.Dot<double>(gradient, direction), rate = 1, nextValue;
            int halving = 0;
            do
            {
                next = [.. mode];
                MatrixAlgebra.AddScaled(direction, -rate, next);
                nextValue = Loss(next, p, start, counts, losses);
                rate /= 2;
            }
            while (!(nextValue <= value - 1e-4 * rate * slope + 1e-13 * (1 + Math.Abs(value))) && ++halving < MaximumHalvings);
            (mode, value) = (next, nextValue);
        }

        _mode = mode;
        return Complete(varying, mode, p, start, counts, losses, hessian, value);
    }

    // The last evaluation as a quadratic form of the head: rows with known noise.
    private QuadraticForm Form(LossDerivatives[] losses)
    {
        var products = new double[_width * _width];
        for (int i = 0; i < RowCount; i++)
        {
            ReadOnlySpan<double> row = _rows.AsSpan(i * _width, _width);
            for (int j = 0; j < _width; j++)
                MatrixAlgebra.AddScaled(row, losses[i].Second * row[j], products.AsSpan(j * _width, _width));
        }

        return new QuadraticForm(products, [new double[_width]], [0]);
    }

    private Approximation Complete(int[] varying, double[] mode, double[] p, double[] start, CountLikelihood? counts, LossDerivatives[] losses, double[] lower, double value)
    {
        int rows = RowCount, columns = mode.Length;
        double[] solved = new double[rows * columns], spread = new double[columns], moves = new double[rows]; // H⁻¹pᵢ, Σ aᵢpᵢ, aᵢ
        var variances = new double[rows];
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> column = p.AsSpan(i * columns, columns);
            double[] solution = Solve(lower, columns, column);
            solution.CopyTo(solved, i * columns);
            variances[i] = TensorPrimitives.Dot<double>(solution, column);
            moves[i] = 0.5 * losses[i].Third * variances[i];
            MatrixAlgebra.AddScaled(column, moves[i], spread);
        }

        double[] g = Solve(lower, columns, spread), byHead = new double[_width], byRoot = new double[varying.Length * columns], part = new double[columns];
        double byDispersion = 0;
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> row = _rows.AsSpan(i * _width, _width), column = p.AsSpan(i * columns, columns);
            double along = TensorPrimitives.Dot(column, g), c = losses[i].First + moves[i] - losses[i].Second * along;
            MatrixAlgebra.AddScaled(row, -c, byHead);
            for (int k = 0; k < columns; k++)
                part[k] = -(c * mode[k] + losses[i].Second * solved[i * columns + k] - losses[i].First * g[k]);
            for (int a = 0; a < varying.Length; a++)
                MatrixAlgebra.AddScaled(part, row[varying[a]], byRoot.AsSpan(a * columns, columns));
            if (counts is not { Dispersion: > 0 })
                continue;
            double score = start[i] + TensorPrimitives.Dot<double>(column, mode);
            var (loss, first, second) = counts.ByLogDispersion(score, _task.Labels[i]);
            byDispersion -= _task.Weights[i] * (loss + 0.5 * second * variances[i] - first * along);
        }

        return new Approximation(-value - 0.5 * MatrixAlgebra.LogDeterminant(lower, columns), byHead, byRoot, byDispersion, () => Form(losses));
    }

    // pᵢ = Lᵀz̃ᵢ, [rows, columns].
    private double[] Columns(int[] varying, double[] root, int columns)
    {
        var p = new double[RowCount * columns];
        for (int i = 0; i < RowCount; i++)
        {
            for (int a = 0; a < varying.Length; a++)
                MatrixAlgebra.AddScaled(root.AsSpan(a * columns, columns), _rows[i * _width + varying[a]], p.AsSpan(i * columns, columns));
        }

        return p;
    }

    // z̃ᵢᵀm, and for counts the logarithm of the exposure.
    private double[] Start(double[] mean)
    {
        var start = new double[RowCount];
        for (int i = 0; i < start.Length; i++)
            start[i] = TensorPrimitives.Dot<double>(_rows.AsSpan(i * _width, _width), mean) + (_task.Exposures.Length > 0 ? Math.Log(_task.Exposures[i]) : 0);
        return start;
    }

    // J, and the weighted derivatives of the losses.
    private double Loss(double[] u, double[] p, double[] start, CountLikelihood? counts, LossDerivatives[] losses)
    {
        double value = 0.5 * TensorPrimitives.SumOfSquares<double>(u);
        for (int i = 0; i < losses.Length; i++)
        {
            double score = start[i] + TensorPrimitives.Dot<double>(p.AsSpan(i * u.Length, u.Length), u), weight = _task.Weights[i];
            LossDerivatives loss = counts?.At(score, _task.Labels[i]) ?? LossDerivatives.OfLogistic(score, _task.Labels[i]);
            losses[i] = new LossDerivatives(weight * loss.Value, weight * loss.First, weight * loss.Second, weight * loss.Third);
            value += losses[i].Value;
        }

        return value;
    }

    // ∇J and H.
    private static (double[] Gradient, double[] Hessian) Derivatives(double[] u, double[] p, LossDerivatives[] losses)
    {
        int columns = u.Length;
        double[] gradient = [.. u], hessian = new double[columns * columns];
        for (int k = 0; k < columns; k++)
            hessian[k * columns + k] = 1;
        for (int i = 0; i < losses.Length; i++)
        {
            ReadOnlySpan<double> column = p.AsSpan(i * columns, columns);
            MatrixAlgebra.AddScaled(column, losses[i].First, gradient);
            for (int k = 0; k < columns; k++)
                MatrixAlgebra.AddScaled(column[..(k + 1)], losses[i].Second * column[k], hessian.AsSpan(k * columns, k + 1));
        }

        return (gradient, hessian);
    }

    // (RRᵀ)⁻¹b.
    private static double[] Solve(double[] lower, int size, ReadOnlySpan<double> right)
    {
        double[] solution = right.ToArray();
        MatrixAlgebra.SolveLower(lower, size, solution, 1);
        MatrixAlgebra.SolveTransposed(lower, size, solution, 1);
        return solution;
    }

    /// <summary>The approximation of a log likelihood, its derivatives, and the curvature of the rows' likelihoods at the most likely head.</summary>
    /// <param name="Value">log p(y).</param>
    /// <param name="ByHead">Its gradient by m, [width].</param>
    /// <param name="ByRoot">Its gradient by L, [varying, columns].</param>
    /// <param name="ByLogDispersion">Its derivative by log φ; 0 without a dispersion.</param>
    /// <param name="Form">Computes the quadratic form of the head, of which only the products are set.</param>
    internal sealed record Approximation(double Value, double[] ByHead, double[] ByRoot, double ByLogDispersion, Func<QuadraticForm> Form);
}
