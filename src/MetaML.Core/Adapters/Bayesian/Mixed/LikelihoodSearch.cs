using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Finds the maximum of the likelihood of a linear mixed model in double precision, also where a variance is 0 or a correlation is ±1.</summary>
/// <remarks>
/// <para>Σ̃ = LLᵀ is written with a <see cref="CovarianceRoot"/>. For each L the best β, and the best noise, are known
/// (Bates et al., Fitting Linear Mixed-Effects Models Using lme4, 2015, arXiv 1406.5823: the profiled deviance). With the score sₜ of a task about its
/// mean head and the information Mₜ of its rows on the head, dℓ/dL = Σₜ(τₜsₜsₜᵀ − Mₜ)L. The search is <see cref="QuasiNewton"/>.</para>
/// <para>EM (<see cref="MixedSearch"/>) is slow near a variance of 0, where its steps are as small as the variance.</para>
/// </remarks>
internal sealed class LikelihoodSearch
{
    private const int MaximumRounds = 100;

    private readonly MixedRegression _regression;
    private readonly HeadPrior _start;
    private readonly CovarianceRoot _root;
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
        _root = new CovarianceRoot(regression.Design.Varying.Length, covariance);
        _current = Visit(_root.Start(_start.Covariance, _start.NoiseVariance), start.Coefficients, _start.NoiseVariance, _start.NoiseShape);
    }

    /// <summary>Number of free elements of Σ.</summary>
    public int CovarianceParameters => _root.FreeCount;

    /// <summary>The current prior.</summary>
    public MixedPrior Prior => new(_current.Coefficients, _start with
    {
        Covariance = _root.Covariance(_root.Of(_current.Point), _current.NoiseVariance),
        NoiseVariance = _current.NoiseVariance,
        NoiseShape = _current.NoiseShape,
    })
    {
        LogLikelihood = _current.Value,
        CoefficientCovariance = Cholesky.Inverse(_current.Information, _regression.Design.Size),
    };

    /// <summary>Searches until a step promises almost no gain, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    public LikelihoodSearch Climb(PriorLimits limits)
    {
        _current = QuasiNewton.Climb(_current, (point, from) => Visit(point, from.Coefficients, from.NoiseVariance, from.NoiseShape), limits);
        return this;
    }

    private Visited Visit(double[] point, double[][] coefficients, double variance, double shape)
    {
        double[] root = _root.Of(point);
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
        while (!double.IsInfinity(shape) && gain > QuasiNewton.Tolerance && ++rounds < MaximumRounds);

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

        return _root.Gradient(sum, root);
    }

    // A point that was evaluated, with the best β and noise for it.
    private sealed record Visited(double[] Point, double[][] Coefficients, double NoiseVariance, double NoiseShape, double Value, double[] Gradient, double[] Information) : QuasiNewton.IEvaluated;
}
