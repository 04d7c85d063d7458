namespace MetaML;

/// <summary>How a Bayesian adapter takes classes to come about.</summary>
/// <remarks>Saved models know these by their numbers.</remarks>
public enum ClassLikelihood
{
    /// <summary>As values with noise: ±1, or one-hot. In closed form.</summary>
    Gaussian = 0,

    /// <summary>By chance, with probabilities that are the logistic function or softmax of the scores. More exact, and better calibrated.</summary>
    Logistic = 1,
}
