using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Finds the maximum of the likelihood of a linear mixed model in double precision, also where a variance is 0 or a correlation is ±1.</summary>
/// <remarks>
/// <para>Σ̃ = LLᵀ is written with a root L, some of whose elements are free. For each L the best β, and the best noise, are known
/// (Bates et al., Fitting Linear Mixed-Effects Models Using lme4, 2015, arXiv 1406.5823: the profiled deviance). With the score sₜ of a task about its
/// mean head and the information Mₜ of its rows on the head, dℓ/dL = Σₜ(τₜsₜsₜᵀ − Mₜ)L. The search is BFGS with a line search by halving
/// (Nocedal and Wright, Numerical Optimization, 2006, chapter 6).</para>
/// <para>EM (<see cref="MixedSearch"/>) is slow near a variance of 0, where its steps are as small as the variance.</para>
/// </remarks>
internal sealed class LikelihoodSearch
{
    private const double Tolerance = 1e-10; // of the expected gain of a step, in nats

    private const int MaximumHalvings = 40, MaximumRounds = 100;

    private readonly MixedRegression _regression;
    private readonly HeadPrior _start;
    private readonly int[] _free; // the free elements of L
    private readonly int _columns;
    private readonly double[] _noPenalty;
    private Visited _current;

    /// <summary>Evaluates the start.</summary>
    /// <param name="regression">The training tasks.</param>
    /// <param name="start">The first β, Σ and noise; only the variances of Σ are used.</param>
    /// <param name="covariance">The form of Σ: diagonal, one factor, or full.</param>
    public LikelihoodSearch(MixedRegression regression, MixedPrior start, PriorCovariance covariance)
    {
        _regression = regression;
        _start = start.Varying;
        _noPenalty = new double[regression.Design.Size];
        int count = regression.Design.Varying.Length;
        bool hasFactor = covariance == PriorCovariance.OneFactor;
        _columns = hasFactor ? count + 1 : count;
        _free = [.. Enumerable.Range(0, count * _columns).Where(at => (at / _columns, at % _columns) is var (i, j) && (i == j || (covariance == PriorCovariance.Full && j < i) || j == count))];
        double[] point = Array.ConvertAll(_free, at => Math.Sqrt(_start.Covariance[at / _columns * (count + 1)] / _start.NoiseVariance) * (at / _columns == at % _columns ? 1 : hasFactor ? 0.3 : 0));
        _current = Visit(point, start.Coefficients, _start.NoiseVariance, _start.NoiseShape);
    }

    /// <summary>Number of free elements of Σ.</summary>
    public int CovarianceParameters => _free.Length;

    /// <summary>The current prior.</summary>
    public MixedPrior Prior
    {
        get
        {
            double[] root = Root(_current.Point);
            int count = root.Length / _columns;
            var covariance = new double[count * count];
            for (int i = 0; i < covariance.Length; i++)
                covariance[i] = _current.NoiseVariance * TensorPrimitives.Dot<double>(root.AsSpan(i / count * _columns, _columns), root.AsSpan(i % count * _columns, _columns));
            return new MixedPrior(_current.Coefficients, _start with { Covariance = covariance, NoiseVariance = _current.NoiseVariance, NoiseShape = _current.NoiseShape })
            {
                LogLikelihood = _current.LogLikelihood,
                CoefficientCovariance = Cholesky.Inverse(_current.Information, _regression.Design.Size),
            };
        }
    }

    /// <summary>Searches until a step promises almost no gain, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    public LikelihoodSearch Climb(PriorLimits limits)
    {
        int size = _free.Length;
        double[]? inverse = null; // of the negative Hessian
        for (int step = 0; step < limits.Iterations && !limits.IsTimeUp(); step++)
        {
            double[] direction = inverse is null ? First(_current.Gradient) : MatrixAlgebra.Multiply(inverse, _current.Gradient);
            double slope = TensorPrimitives.Dot<double>(direction, _current.Gradient);
            if (!(slope > Tolerance) || Along(direction, slope) is not { } next)
            {
                if (inverse is null)
                    break;
                inverse = null; // begin again along the gradient
                continue;
            }

            double[] move = MatrixAlgebra.Difference(next.Point, _current.Point), fall = MatrixAlgebra.Difference(_current.Gradient, next.Gradient);
            inverse = Update(inverse ?? Identity(size, TensorPrimitives.Dot<double>(move, fall) / Math.Max(TensorPrimitives.SumOfSquares<double>(fall), double.Epsilon)), move, fall);
            _current = next;
        }

        return this;
    }

    // A step of at most 1 along the gradient: L is in units of the noise.
    private static double[] First(double[] gradient) => Array.ConvertAll(gradient, value => value / Math.Max(1, TensorPrimitives.Norm<double>(gradient)));

    private Visited? Along(double[] direction, double slope)
    {
        double rate = 1;
        for (int halving = 0; halving < MaximumHalvings; halving++, rate /= 2)
        {
            double[] point = [.. _current.Point];
            MatrixAlgebra.AddScaled(direction, rate, point);
            if (TryVisit(point) is { } next && next.LogLikelihood >= _current.LogLikelihood + 1e-4 * rate * slope)
                return next;
        }

        return null;
    }

    private Visited? TryVisit(double[] point)
    {
        try
        {
            return Visit(point, _current.Coefficients, _current.NoiseVariance, _current.NoiseShape);
        }
        catch (ArithmeticException) // the step is so long that a matrix is singular in double precision
        {
            return null;
        }
    }

    private Visited Visit(double[] point, double[][] coefficients, double variance, double shape)
    {
        double[] root = Root(point);
        HeadDeviation[] deviations = _regression.Integrate(root);
        double likelihood = double.NegativeInfinity, gain;
        double[] precisions = _regression.Precisions(_regression.Quadratics(deviations, coefficients), variance, shape);
        int rounds = 0;
        do // with common noise, β does not depend on the noise, and the second round changes nothing
        {
            coefficients = _regression.Solve(deviations, precisions, _regression.Information(deviations, precisions, _noPenalty), coefficients, _noPenalty);
            double[] quadratics = _regression.Quadratics(deviations, coefficients);
            if (!_start.IsNoiseKnown)
                (variance, shape) = TaskNoise.Fit(_regression.Evidence, quadratics, variance, shape, Covariances.CovarianceForm.SmallestVariance);
            precisions = _regression.Precisions(quadratics, variance, shape);
            double next = _regression.LogLikelihood(deviations, quadratics, variance, shape);
            (gain, likelihood) = (next - likelihood, next);
        }
        while (!double.IsInfinity(shape) && gain > Tolerance && ++rounds < MaximumRounds);

        return new Visited(point, coefficients, variance, shape, likelihood, Gradient(deviations, coefficients, precisions, root), _regression.Information(deviations, precisions, _noPenalty));
    }

    // Σ (τ s sᵀ − M) L at the free elements of L.
    private double[] Gradient(HeadDeviation[] deviations, double[][] coefficients, double[] precisions, double[] root)
    {
        int[] varying = _regression.Design.Varying;
        int count = varying.Length, width = _regression.Design.Width;
        var sum = new double[count * count];
        for (int t = 0; t < deviations.Length; t++)
        {
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                    sum[i * count + j] -= coefficients.Length * deviations[t].Rest.Products[varying[i] * width + varying[j]];
            }

            for (int k = 0; k < coefficients.Length; k++)
            {
                double[] score = MixedRegression.Score(deviations[t], k, _regression.MeanOf(t, coefficients[k]));
                double[] some = Array.ConvertAll(varying, j => score[j]);
                for (int i = 0; i < count; i++)
                    MatrixAlgebra.AddScaled(some, precisions[t] * some[i], sum.AsSpan(i * count, count));
            }
        }

        return Array.ConvertAll(_free, at =>
        {
            double value = 0;
            for (int i = 0; i < count; i++)
                value += sum[at / _columns * count + i] * root[i * _columns + at % _columns];
            return value;
        });
    }

    private double[] Root(double[] point)
    {
        var root = new double[_regression.Design.Varying.Length * _columns];
        for (int i = 0; i < _free.Length; i++)
            root[_free[i]] = point[i];
        return root;
    }

    // The BFGS update of the inverse Hessian: H ← (I − ρsyᵀ)H(I − ρysᵀ) + ρssᵀ, ρ = 1/sᵀy; unchanged without curvature.
    private static double[] Update(double[] inverse, double[] move, double[] fall)
    {
        int size = move.Length;
        double curvature = TensorPrimitives.Dot<double>(move, fall);
        if (!(curvature > 1e-12 * TensorPrimitives.Norm<double>(move) * TensorPrimitives.Norm<double>(fall)))
            return inverse;
        double[] product = MatrixAlgebra.Multiply(inverse, fall);
        double factor = (1 + TensorPrimitives.Dot<double>(product, fall) / curvature) / curvature;
        for (int i = 0; i < size; i++)
        {
            Span<double> row = inverse.AsSpan(i * size, size);
            MatrixAlgebra.AddScaled(move, factor * move[i] - product[i] / curvature, row);
            MatrixAlgebra.AddScaled(product, -move[i] / curvature, row);
        }

        return inverse;
    }

    private static double[] Identity(int size, double scale)
    {
        var identity = new double[size * size];
        for (int i = 0; i < size; i++)
            identity[i * size + i] = scale > 0 ? scale : 1;
        return identity;
    }

    // A point that was evaluated, with the best β and noise for it.
    private sealed record Visited(double[] Point, double[][] Coefficients, double NoiseVariance, double NoiseShape, double LogLikelihood, double[] Gradient, double[] Information);
}
