namespace MetaML;

/// <summary>The distribution of class labels given the scores, for a Bayesian adapter.</summary>
/// <remarks>Saved models contain the numbers of these values.</remarks>
public enum ClassLikelihood
{
    /// <summary>Labels are values with normal noise: ±1, or one-hot. The head has a closed form.</summary>
    Gaussian = 0,

    /// <summary>The probabilities are the logistic function or the softmax of the scores. This is more exact and better calibrated, and slower.</summary>
    Logistic = 1,
}
