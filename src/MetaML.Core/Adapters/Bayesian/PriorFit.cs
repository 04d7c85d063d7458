namespace MetaML;

/// <summary>The method that learns the prior of a Bayesian adapter.</summary>
public enum PriorFit
{
    /// <summary><see cref="EmpiricalBayes"/> alone if the encoder has no trained parameters; otherwise <see cref="Gradient"/>.</summary>
    Auto,

    /// <summary>The outer optimiser learns the prior together with the encoder, on query losses.</summary>
    Gradient,

    /// <summary>The maximum of the marginal likelihood of the training tasks, after the encoder is trained.</summary>
    EmpiricalBayes,
}
