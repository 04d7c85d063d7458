using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianAdapter"/> as a linear mixed model, from the statistics of training tasks (<see cref="MixedFit"/>).</summary>
/// <param name="tasks">The statistics of each training task.</param>
/// <param name="design">The coefficients.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class MixedEvidence(MixedTask[] tasks, MixedDesign design, HeadShape shape, BayesianAdapterOptions options, Action<MixedPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private (MixedPrior Prior, int CovarianceParameters)? _whole;
    private CovarianceForm _form = CovarianceForm.Diagonal;

    /// <inheritdoc/>
    public Lazy<PriorSummary>? Summary => shape.Kind == LabelKind.Regression && _whole is { } whole
        ? new(() => MixedFit.Summary(whole.Prior, [.. tasks.Select(task => task.Evidence)], whole.CovarianceParameters))
        : null;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        (MixedPrior whole, _) = _whole ??= Fit(tasks, limits, about => _form = Form(about, limits));
        MixedTask[] used = isUsed is null ? tasks : [.. tasks.Where((_, task) => isUsed(task))];
        store(used.Length is 0 || used.Length == tasks.Length ? whole : Fit(used, limits, _ => _form).Prior, parameters);
    }

    private (MixedPrior Prior, int CovarianceParameters) Fit(MixedTask[] used, PriorLimits limits, Func<TaskEvidence[], CovarianceForm> form)
    {
        var fit = new MixedFit(used, design, isExact: !options.Shrinkage, limits);
        return options.Shrinkage ? fit.Fit(options.Noise, form) : fit.FitLikelihood(options.Noise, LearnedCovariance.Likeliest(shape, options));
    }

    // The form of Σ of the varying dimensions.
    private CovarianceForm Form(TaskEvidence[] about, PriorLimits limits)
    {
        int size = design.Varying.Length;
        return LearnedCovariance.Form(shape, options, size, () => PriorSelection.Choose(TaskSubset.ForSelection(about, size), size, about[0].Outputs, options.Noise, limits));
    }
}
