using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>A prior of heads whose mean depends on covariates: wₜ ~ N(X(uₜ)β, Σ), where Σ may leave some dimensions fixed.</summary>
/// <param name="Coefficients">β [outputs][size].</param>
/// <param name="Varying">Σ of the varying dimensions, and the noise; its mean is not used.</param>
internal sealed record MixedPrior(double[][] Coefficients, HeadPrior Varying)
{
    /// <summary>γ: the prior variance of the effects of covariates on each modulated dimension; empty if they are not shrunk.</summary>
    public double[] CovariateVariances { get; init; } = [];

    /// <summary>The distribution of counts; null if labels are not counts.</summary>
    public CountLikelihood? Counts { get; init; }

    /// <summary>log p(y | Z) of all tasks at β.</summary>
    public double LogLikelihood { get; init; }

    /// <summary>The covariance of the estimate of β, the same for each output, [size, size].</summary>
    public double[] CoefficientCovariance { get; init; } = [];
}
