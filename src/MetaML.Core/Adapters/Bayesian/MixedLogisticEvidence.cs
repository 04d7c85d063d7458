using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianLogisticAdapter"/> with covariates of tasks, from the rows of training tasks (<see cref="MixedLogisticFit"/>).</summary>
/// <param name="tasks">The rows and the covariates of each training task. A task with rows of one class among several that it could have has no heads, and is left out.</param>
/// <param name="design">The coefficients.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class MixedLogisticEvidence(
    (LogisticTask Labels, double[] Covariates)[] tasks, MixedDesign design, HeadShape shape, BayesianAdapterOptions options, Action<MixedPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private MixedPrior? _whole;
    private CovarianceForm _form = CovarianceForm.Diagonal;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        var all = Array.FindAll(tasks, task => task.Labels.Heads > 0);
        if (all.Length == 0)
            return; // each task has rows of one class
        _whole ??= Fit(all, limits, about => _form = LearnedCovariance.Form(shape, options, () => PriorSelection.Choose(TaskSubset.ForSelection(about, design.Width), design.Width, about[0].Outputs, noise: null, limits)));
        var used = isUsed is null ? all : [.. tasks.Where((task, number) => task.Labels.Heads > 0 && isUsed(number))];
        store(used.Length is 0 || used.Length == all.Length ? _whole : Fit(used, limits, _ => _form), parameters);
    }

    private MixedPrior Fit((LogisticTask Labels, double[] Covariates)[] used, PriorLimits limits, Func<TaskEvidence[], CovarianceForm> form) =>
        new MixedLogisticFit(Array.ConvertAll(used, task => task.Labels), Array.ConvertAll(used, task => task.Covariates), design, limits).Fit(form);
}
