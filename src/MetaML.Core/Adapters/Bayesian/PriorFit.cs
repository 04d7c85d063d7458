using MetaML.Adapters.Bayesian.Priors;

namespace MetaML;

/// <summary>How the prior of a Bayesian adapter is learned.</summary>
public enum PriorFit
{
    /// <summary><see cref="HeadPrior"/> alone where the encoder has nothing to train, else <see cref="Gradient"/>.</summary>
    Auto,

    /// <summary>By the outer optimiser, together with the encoder, on query losses.</summary>
    Gradient,

    /// <summary>By maximum marginal likelihood over all training tasks, once the encoder is trained.</summary>
    EmpiricalBayes,
}
