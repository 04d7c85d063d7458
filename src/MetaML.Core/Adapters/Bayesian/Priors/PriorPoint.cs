using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>A prior under which shards sum, in units of the noise.</summary>
/// <param name="Mean">m [outputs][width].</param>
/// <param name="Covariance">Σ̃ [width, width].</param>
internal sealed record PriorPoint(double[][] Mean, double[] Covariance)
{
    /// <summary>The prior.</summary>
    /// <exception cref="ArithmeticException">Σ̃ is not positive definite.</exception>
    public ScaledHeadPrior ToPrior() => new(Mean, DenseCovariance.Of(Covariance, Mean[0].Length));

    /// <summary>Whether the other point has the same bits.</summary>
    public bool IsSameAs(PriorPoint other) => Covariance.AsSpan().SequenceEqual(other.Covariance) && Mean.Length == other.Mean.Length && Mean.Zip(other.Mean, (a, b) => a.AsSpan().SequenceEqual(b)).All(isSame => isSame);
}
