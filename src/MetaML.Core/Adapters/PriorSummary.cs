namespace MetaML.Adapters;

/// <summary>What empirical Bayes says of a prior beside its values, for standardised features, covariates and labels.</summary>
/// <param name="LogLikelihood">log p(y | Z) of the rows that it was learned from.</param>
/// <param name="Tasks">Number of these tasks.</param>
/// <param name="Rows">Number of these rows.</param>
/// <param name="VarianceParameters">Number of free parameters of the covariance and the noise.</param>
/// <param name="CoefficientCovariance">The covariance of the estimates of the mean head, [embedding + 1], and then of the effects of each covariate on it: [size, size] with size = (embedding + 1)(covariates + 1).</param>
internal sealed record PriorSummary(double LogLikelihood, int Tasks, long Rows, int VarianceParameters, double[] CoefficientCovariance);
