using MetaML.Adapters.Logistic;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Finds the maximum of Laplace's approximation of the likelihood of a generalised linear mixed model: over β, Σ and, for negative binomial counts, φ.</summary>
/// <remarks>
/// The search is <see cref="QuasiNewton"/> with exact gradients (<see cref="LaplaceTask"/>) over the free elements of a root of Σ
/// (<see cref="CovarianceRoot"/>), log φ, and β in coordinates in which its information at the start is the identity. The result is that of
/// glmer of lme4 with its default, nAGQ = 1. As there, the covariance of the estimate of β is the inverse of the observed information, which
/// is the difference of gradients beside the maximum. If it is not positive definite, as for a variance of 0, or large, it is the information for given Σ and φ.
/// </remarks>
internal sealed class LaplaceSearch
{
    private const double SmallestDispersion = 1e-6, LargestDispersion = 1e4;

    // A direction of β that no row determines stays as it is.
    private const double RelativeRidge = 1e-11;

    // Of the observed information: the largest number of coordinates, and the difference of two points.
    private const int MostObserved = 64;
    private const double Difference = 2e-4;

    private readonly LaplaceTask[] _tasks;
    private readonly MixedDesign _design;
    private readonly CovarianceRoot _root;
    private readonly bool _hasDispersion;
    private readonly MixedPrior _start;
    private readonly double[] _first; // β at the start
    private readonly double[] _factor; // C: the information of β at the start is CCᵀ
    private Visited _current;

    /// <summary>Evaluates the start.</summary>
    /// <param name="tasks">The training tasks.</param>
    /// <param name="design">The coefficients.</param>
    /// <param name="start">The first β, Σ and distribution of counts; only the variances of Σ are used.</param>
    /// <param name="covariance">The form of Σ: diagonal, one factor, or full.</param>
    public LaplaceSearch(LaplaceTask[] tasks, MixedDesign design, MixedPrior start, PriorCovariance covariance)
    {
        _tasks = tasks;
        _design = design;
        _start = start;
        _root = new CovarianceRoot(design.Varying.Length, covariance);
        _hasDispersion = start.Counts is { Dispersion: > 0 };
        _first = start.Coefficients[0];
        double[] free = _root.Start(start.Varying.Covariance, 1);
        _factor = Information(_first, _root.Of(free), start.Counts);
        Cholesky.Factor(_factor, design.Size);
        _current = Visit([.. new double[design.Size], .. free, .. _hasDispersion ? [Math.Log(start.Counts!.Dispersion)] : Array.Empty<double>()]);
    }

    /// <summary>Number of free elements of Σ, and of φ.</summary>
    public int VarianceParameters => _root.FreeCount + (_hasDispersion ? 1 : 0);

    /// <summary>The current prior.</summary>
    public MixedPrior Prior
    {
        get
        {
            var (coefficients, root, counts) = At(_current.Point);
            return new MixedPrior([coefficients], _start.Varying with { Covariance = _root.Covariance(root, 1) })
            {
                Counts = counts,
                LogLikelihood = _current.Value,
                CoefficientCovariance = ObservedCovariance() ?? Cholesky.Inverse(Information(coefficients, root, counts), _design.Size),
            };
        }
    }

    /// <summary>Searches until a step promises almost no gain, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    public LaplaceSearch Climb(PriorLimits limits)
    {
        _current = QuasiNewton.Climb(_current, (point, _) => Visit(point), limits);
        return this;
    }

    private (double[] Coefficients, double[] Root, CountLikelihood? Counts) At(double[] point)
    {
        int size = _design.Size;
        double[] coefficients = ToCoefficients(point[..size]); // β = β₀ + C⁻ᵀx
        MatrixAlgebra.AddScaled(_first, 1, coefficients);
        CountLikelihood? counts = _hasDispersion ? new CountLikelihood(Math.Clamp(Math.Exp(point[^1]), SmallestDispersion, LargestDispersion)) : _start.Counts;
        return (coefficients, _root.Of(point.AsSpan(size, _root.FreeCount)), counts);
    }

    private LaplaceTask.Approximation[] Evaluate(double[] coefficients, double[] root, CountLikelihood? counts)
    {
        var parts = new LaplaceTask.Approximation[_tasks.Length];
        ParallelLoop.For(parts.Length, t => parts[t] = _tasks[t].Evaluate(_design.MeanOf(coefficients, _tasks[t].Covariates), _design.Varying, root, counts));
        return parts;
    }

    private Visited Visit(double[] point)
    {
        var (coefficients, root, counts) = At(point);
        LaplaceTask.Approximation[] parts = Evaluate(coefficients, root, counts);
        double[] byCoefficients = new double[_design.Size], byRoot = new double[root.Length];
        for (int t = 0; t < parts.Length; t++)
        {
            _design.AddScore(parts[t].ByHead, _tasks[t].Covariates, 1, byCoefficients);
            MatrixAlgebra.AddScaled(parts[t].ByRoot, 1, byRoot);
        }

        MatrixAlgebra.SolveLower(_factor, _design.Size, byCoefficients, 1);
        bool isInside = counts is { Dispersion: > SmallestDispersion and < LargestDispersion };
        double[] byDispersion = !_hasDispersion ? [] : [isInside ? parts.Sum(part => part.ByLogDispersion) : 0];
        return new Visited(point, parts.Sum(part => part.Value), [.. byCoefficients, .. _root.Free(byRoot), .. byDispersion]);
    }

    // The covariance of the estimate of β if Σ and φ are estimated too; null if the information is not positive definite, or too large.
    private double[]? ObservedCovariance()
    {
        int all = _current.Point.Length, size = _design.Size;
        if (all > MostObserved)
            return null;
        double[] Gradient(int at, double step)
        {
            double[] point = [.. _current.Point];
            point[at] += step;
            return Visit(point).Gradient;
        }

        var information = new double[all * all];
        for (int i = 0; i < all; i++)
        {
            double[] fall = MatrixAlgebra.Difference(Gradient(i, -Difference / 2), Gradient(i, Difference / 2));
            for (int j = 0; j < all; j++)
            {
                information[i * all + j] += fall[j] / (2 * Difference);
                information[j * all + i] += fall[j] / (2 * Difference);
            }
        }

        try
        {
            double[] inverse = Cholesky.Inverse(information, all), covariance = new double[size * size]; // C⁻ᵀ V C⁻¹
            for (int i = 0; i < size; i++)
                ToCoefficients(inverse.AsSpan(i * all, size).ToArray()).CopyTo(covariance, i * size);
            MatrixAlgebra.SolveTransposed(_factor, size, covariance, size);
            return covariance;
        }
        catch (ArithmeticException)
        {
            return null;
        }
    }

    // C⁻ᵀx
    private double[] ToCoefficients(double[] vector)
    {
        MatrixAlgebra.SolveTransposed(_factor, _design.Size, vector, 1);
        return vector;
    }

    // The inverse covariance of the estimate of β for given Σ and φ.
    private double[] Information(double[] coefficients, double[] root, CountLikelihood? counts)
    {
        LaplaceTask.Approximation[] parts = Evaluate(coefficients, root, counts);
        int size = _design.Size;
        var information = new double[size * size];
        for (int t = 0; t < parts.Length; t++)
            _design.AddInformation(new HeadDeviation(parts[t].Form(), _design.Varying, root).Rest.Products, _tasks[t].Covariates, 1, information);
        for (int i = 0; i < size; i++)
            information[i * size + i] = information[i * size + i] > 0 ? information[i * size + i] * (1 + RelativeRidge) : 1;
        return information;
    }

    // A point that was evaluated.
    private sealed record Visited(double[] Point, double Value, double[] Gradient) : QuasiNewton.IEvaluated;
}
