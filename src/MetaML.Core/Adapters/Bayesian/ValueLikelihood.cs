namespace MetaML;

/// <summary>The distribution of regression labels given the scores, for a Bayesian adapter.</summary>
/// <remarks>Saved models contain the numbers of these values.</remarks>
public enum ValueLikelihood
{
    /// <summary>Values with normal noise. The head has a closed form.</summary>
    Gaussian = 0,

    /// <summary>Counts whose variance is their mean. The logarithm of the mean is linear in the embedding.</summary>
    Poisson = 1,

    /// <summary>Counts with a mean μ and the variance μ + φμ², where the dispersion φ is learned. The logarithm of the mean is linear in the embedding.</summary>
    NegativeBinomial = 2,

    /// <summary>Values with noise of Student's t distribution, whose degrees of freedom are learned: rows far from their score, such as outliers, count less.</summary>
    StudentT = 3,
}
