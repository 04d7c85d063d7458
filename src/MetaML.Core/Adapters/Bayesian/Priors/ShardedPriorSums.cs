using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Sums over the tasks of several shards, which may be on other machines. All tasks have the same noise and the same outputs.</summary>
/// <param name="visit">The sums of each shard under a prior, in the order of the shards.</param>
/// <param name="move">The sums of each shard after a change of m by directions [outputs][width].</param>
internal sealed class ShardedPriorSums(Func<PriorPoint, IReadOnlyList<ShardSums>> visit, Func<PriorPoint, double[][], IReadOnlyList<ShardSums>> move) : IPriorSums
{
    private ScaledHeadPrior _prior = null!;
    private ShardSums _sums = null!;

    /// <inheritdoc/>
    public int Heads => _sums.Tasks * _sums.Shifts.Length;

    /// <summary>The sums under the last prior.</summary>
    public ShardSums Sums => _sums;

    private PriorPoint Point => new(_prior.Mean, _prior.Covariance.Dense);

    /// <inheritdoc/>
    public void Visit(ScaledHeadPrior prior)
    {
        _prior = prior;
        _sums = ShardSums.Of(visit(Point));
    }

    /// <inheritdoc/>
    public double[][] MeanDirections(double variance, double shape, double precision) =>
        MeanStep.Directions(_prior, [.. _sums.Shifts.Select(shift => Array.ConvertAll(shift, value => value / variance))], System(variance), precision);

    /// <inheritdoc/>
    public double[] MeanVariances(double variance, double shape, double precision) => MeanStep.Variances(_prior.Covariance, System(variance), precision);

    /// <inheritdoc/>
    public void Move(double[][] directions, double[][] moves) => _sums = ShardSums.Of(move(Point, directions));

    /// <inheritdoc/>
    public (double Variance, double Shape) FitNoise(double variance, double shape) => (Math.Max(_sums.Quadratic / _sums.Count, CovarianceForm.SmallestVariance), shape);

    /// <inheritdoc/>
    public double LogLikelihood(double variance, double shape) =>
        -0.5 * (_sums.Count * Math.Log(2 * Math.PI * variance) + _sums.Quadratic / variance + _sums.LogDeterminant);

    /// <inheritdoc/>
    public SecondMoment Moment(double variance, double shape)
    {
        int outputs = _sums.Shifts.Length;
        SecondMoment moment = _prior.Covariance.CreateMoment();
        moment.AddMatrix(_sums.Squares, 1 / variance);
        moment.AddMatrix(_sums.Covariances, outputs);
        moment.AddPrior(outputs * _sums.PriorShare);
        return moment;
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    // (1 − ε) Στₜ(Σ̃ − S̃ₜ) + ε ΣτₜΣ̃
    private double[] System(double variance)
    {
        var system = new DenseMoment(_prior.Covariance);
        double factor = (1 - MeanStep.ExpectationShare) / variance;
        system.AddMatrix(_sums.Covariances, -factor);
        system.AddPrior(_sums.Tasks / variance - factor * _sums.PriorShare);
        return system.Values;
    }
}
