using MetaML.Adapters.Bayesian.Covariances;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>What the search of a prior needs of the training tasks: sums over them.</summary>
internal interface IPriorSums
{
    /// <summary>Number of heads: outputs of all tasks.</summary>
    int Heads { get; }

    /// <summary>Computes the posterior of each task under a prior, for the other members.</summary>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision.</exception>
    void Visit(ScaledHeadPrior prior);

    /// <summary>The direction of each output of <see cref="MeanStep"/>.</summary>
    /// <param name="variance">σ².</param>
    /// <param name="shape">a.</param>
    /// <param name="precision">p.</param>
    double[][] MeanDirections(double variance, double shape, double precision);

    /// <summary>The posterior variance of each value of m; see <see cref="MeanStep"/>.</summary>
    /// <param name="variance">σ².</param>
    /// <param name="shape">a.</param>
    /// <param name="precision">p.</param>
    double[] MeanVariances(double variance, double shape, double precision);

    /// <summary>Changes m in all posteriors; see <see cref="TaskPosterior.Move"/>.</summary>
    void Move(double[][] directions, double[][] moves);

    /// <summary>The most likely noise; see <see cref="TaskNoise.Fit"/>.</summary>
    (double Variance, double Shape) FitNoise(double variance, double shape);

    /// <summary>log p(y | Z).</summary>
    double LogLikelihood(double variance, double shape);

    /// <summary>The sum over heads of τₜδₜδₜᵀ + S̃ₜ.</summary>
    SecondMoment Moment(double variance, double shape);

    /// <summary>Frees the posteriors.</summary>
    void Leave();
}
