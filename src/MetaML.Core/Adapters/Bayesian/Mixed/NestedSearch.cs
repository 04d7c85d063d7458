using MetaML.Adapters.Bayesian.Priors;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>Finds the maximum of the likelihood of a linear mixed model with nested groups: over β, the covariance of each level, and the noise.</summary>
/// <remarks>
/// The covariance of each level is written with a <see cref="CovarianceRoot"/>. β and the noise are profiled out, and the gradient is exact, as in
/// <see cref="LikelihoodSearch"/>: with the score and the information of the rows of each node given the posterior of its outer groups (<see cref="NestedRegression"/>).
/// </remarks>
internal sealed class NestedSearch
{
    private readonly NestedRegression _regression;
    private readonly MixedDesign _design;
    private readonly HeadPrior _start;
    private readonly CovarianceRoot _root;
    private Visited _current;

    /// <summary>Evaluates the start, at which the variance of heads is divided equally among the levels.</summary>
    /// <param name="regression">The training tasks and their groups.</param>
    /// <param name="design">The coefficients.</param>
    /// <param name="start">The first Σ and noise of a model without groups; only the variances are used.</param>
    /// <param name="covariance">The form of each Σ: diagonal, one factor, or full.</param>
    public NestedSearch(NestedRegression regression, MixedDesign design, HeadPrior start, PriorCovariance covariance)
    {
        _regression = regression;
        _design = design;
        _start = start;
        _root = new CovarianceRoot(design.Varying.Length, covariance);
        double[] level = _root.Start(start.Covariance, start.NoiseVariance * regression.Levels);
        _current = Visit([.. Enumerable.Repeat(level, regression.Levels).SelectMany(values => values)]);
    }

    /// <summary>Number of free elements of all Σ.</summary>
    public int CovarianceParameters => _root.FreeCount * _regression.Levels;

    /// <summary>β, Σ of tasks about their groups, and the noise.</summary>
    public MixedPrior Prior => new([_current.At.Coefficients], _start with { Covariance = CovarianceOf(0), NoiseVariance = _current.NoiseVariance })
    {
        LogLikelihood = _current.Value,
        CoefficientCovariance = Array.ConvertAll(Cholesky.Inverse(_current.At.Information, _design.Size), value => value * _current.NoiseVariance),
    };

    /// <summary>The likelihood at the current covariances, and the posteriors of the groups.</summary>
    public NestedRegression.Integrated Posterior => _current.At;

    /// <summary>Σ of a level, [varying, varying].</summary>
    /// <param name="level">0 for tasks, 1 for their groups, and so on.</param>
    public double[] CovarianceOf(int level) => _root.Covariance(RootsAt(_current.Point)[level], _current.NoiseVariance);

    /// <summary>Searches until a step promises almost no gain, or a limit is reached.</summary>
    /// <param name="limits">The number of steps and the time.</param>
    public NestedSearch Climb(PriorLimits limits)
    {
        _current = QuasiNewton.Climb(_current, (point, _) => Visit(point), limits);
        return this;
    }

    private double[][] RootsAt(double[] point) => [.. point.Chunk(_root.FreeCount).Select(free => _root.Of(free))];

    private Visited Visit(double[] point)
    {
        double[][] roots = RootsAt(point);
        NestedRegression.Integrated at = _regression.Integrate(roots);
        double count = _regression.Weight;
        double variance = _start.IsNoiseKnown ? _start.NoiseVariance : Math.Max(at.Quadratic / count, Covariances.CovarianceForm.SmallestVariance);
        double likelihood = -0.5 * (count * Math.Log(2 * Math.PI * variance) + at.Quadratic / variance + at.LogDeterminant);
        double[][] byCovariance = at.Descend(1 / variance).ByCovariance;
        return new Visited(point, likelihood, [.. byCovariance.Zip(roots).SelectMany(level => _root.Gradient(level.First, level.Second))], at, variance);
    }

    // A point that was evaluated.
    private sealed record Visited(double[] Point, double Value, double[] Gradient, NestedRegression.Integrated At, double NoiseVariance) : QuasiNewton.IEvaluated;
}
