using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianAdapter"/> as a linear mixed model, from the statistics of training tasks (<see cref="MixedFit"/>).</summary>
/// <param name="groups">The training tasks without their rows: only their groups are read.</param>
/// <param name="tasks">The statistics of each training task.</param>
/// <param name="design">The coefficients.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class MixedEvidence(EmbeddedTask[] groups, MixedTask[] tasks, MixedDesign design, HeadShape shape, BayesianAdapterOptions options, Action<MixedPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private (MixedPrior Prior, PriorSummary? Summary)? _whole;
    private readonly List<string> _choices = [];
    private CovarianceForm _form = CovarianceForm.Diagonal;

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => _choices;

    /// <inheritdoc/>
    public Lazy<PriorSummary>? Summary => shape.Kind == LabelKind.Regression && _whole?.Summary is { } summary ? new(summary) : null;

    /// <inheritdoc/>
    public GroupPriors? Groups { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<TaskPrior>? TaskPriors { get; private set; }

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        int[] all = [.. Enumerable.Range(0, tasks.Length)], used = isUsed is null ? all : Array.FindAll(all, task => isUsed(task));
        if (shape.GroupNames.Count > 0)
        {
            NestedFit.Result nested = FitGroups(used.Length == 0 ? all : used, limits);
            (Groups, TaskPriors) = (nested.Groups, used.Length == all.Length ? nested.TaskPriors : null);
            _whole = (nested.Prior, used.Length == all.Length ? nested.Summary : null);
            store(nested.Prior, parameters);
            return;
        }

        (MixedPrior whole, _) = _whole ??= Fit(all, limits, about => _form = Form(about, limits));
        store(used.Length is 0 || used.Length == all.Length ? whole : Fit(used, limits, _ => _form).Prior, parameters);
    }

    private NestedFit.Result FitGroups(int[] used, PriorLimits limits) =>
        new NestedFit(Array.ConvertAll(used, t => groups[t]), design, shape.GroupNames, LearnedCovariance.OfLevels(shape, options), limits).Fit(Array.ConvertAll(used, t => tasks[t]));

    private (MixedPrior Prior, PriorSummary? Summary) Fit(int[] used, PriorLimits limits, Func<TaskEvidence[], CovarianceForm> form)
    {
        MixedTask[] some = Array.ConvertAll(used, t => tasks[t]);
        var fit = new MixedFit(some, design, isExact: !options.Shrinkage, limits);
        var (prior, parameters) = options.Shrinkage ? fit.Fit(options.Noise, form) : fit.FitLikelihood(options.Noise, LearnedCovariance.Likeliest(shape, options));
        return (prior, MixedFit.Summary(prior, [.. some.Select(task => task.Evidence)], parameters));
    }

    // The form of Σ of the varying dimensions.
    private CovarianceForm Form(TaskEvidence[] about, PriorLimits limits)
    {
        int size = design.Varying.Length;
        return LearnedCovariance.Form(shape, options, size, () => PriorSelection.Choose(TaskSubset.ForSelection(about, size), size, about[0].Outputs, options.Noise, limits, _choices.Add));
    }
}
