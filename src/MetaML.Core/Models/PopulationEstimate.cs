using MetaML.Adapters;
using MetaML.Data;
using MetaML.Options;

namespace MetaML.Models;

/// <summary>What is known of a prior beside its values, for features and covariates in the user's units and standardised labels.</summary>
/// <param name="LogLikelihood">log p(y | features) of the rows that it was learned from.</param>
/// <param name="Tasks">Number of these tasks.</param>
/// <param name="Rows">Number of these rows.</param>
/// <param name="VarianceParameters">Number of free parameters of the covariance and the noise.</param>
/// <param name="StandardErrors">Of the mean head and then of the effects of each covariate on it, as <see cref="PopulationUnits"/> orders them; empty if there are too many.</param>
internal sealed record PopulationEstimate(double LogLikelihood, int Tasks, long Rows, int VarianceParameters, double[] StandardErrors)
{
    /// <summary>The estimate in the user's units of features and covariates.</summary>
    /// <param name="prior">The summary of the prior.</param>
    /// <param name="design">Of the model.</param>
    /// <param name="features">The scaling of features, or null.</param>
    /// <param name="covariates">The standardisation of covariates, or null.</param>
    public static PopulationEstimate Of(PriorSummary prior, MetaModelDesign design, FeatureScaling? features, CovariateScaling? covariates)
    {
        var units = new PopulationUnits(design, features, covariates);
        return new PopulationEstimate(prior.LogLikelihood, prior.Tasks, prior.Rows, prior.VarianceParameters, prior.CoefficientCovariance.Length == 0 ? [] : units.StandardErrors(prior.CoefficientCovariance));
    }

    /// <summary>Checks an estimate that was read from a file.</summary>
    /// <exception cref="ArgumentException">A number is not finite or outside its range.</exception>
    public void Validate()
    {
        OptionCheck.NotNull(this, nameof(StandardErrors), StandardErrors);
        OptionCheck.AtLeast<int>(this, nameof(Tasks), Tasks, 0);
        OptionCheck.AtLeast<long>(this, nameof(Rows), Rows, 0);
        OptionCheck.AtLeast<int>(this, nameof(VarianceParameters), VarianceParameters, 0);
        if (!double.IsFinite(LogLikelihood) || !StandardErrors.All(error => double.IsFinite(error) && error >= 0))
            throw OptionCheck.Error(this, nameof(StandardErrors), "finite and not negative, and the log likelihood finite", LogLikelihood);
    }
}
