using MetaML.Adapters.Bayesian.Priors;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>A task of a mixed model: its likelihood as a function of its head, and its covariates.</summary>
/// <param name="Evidence">Its rows.</param>
/// <param name="Form">Minus twice the log likelihood of a head, in units of the noise.</param>
/// <param name="Covariates">u, standardised.</param>
internal sealed record MixedTask(TaskEvidence Evidence, QuadraticForm Form, double[] Covariates)
{
    /// <param name="evidence">Its rows.</param>
    /// <param name="covariates">u, standardised; empty for zeros.</param>
    /// <param name="count">Number of covariates.</param>
    public static MixedTask Of(TaskEvidence evidence, IReadOnlyList<float> covariates, int count) => new(evidence, FormOf(evidence), CovariatesOf(covariates, count));

    /// <summary>Minus twice the log likelihood of a head.</summary>
    public static QuadraticForm FormOf(TaskEvidence evidence)
    {
        var (products, right, squares) = evidence.Moments();
        return new QuadraticForm(products, right, squares);
    }

    /// <summary>u, or zeros if there are no values.</summary>
    public static double[] CovariatesOf(IReadOnlyList<float> covariates, int count) => covariates.Count == 0 ? new double[count] : [.. covariates.Select(value => (double)value)];
}
