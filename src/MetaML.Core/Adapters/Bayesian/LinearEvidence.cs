using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianAdapter"/> from the statistics of training tasks (<see cref="PriorSearch"/>).</summary>
/// <param name="tasks">The statistics of each training task.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class LinearEvidence(TaskEvidence[] tasks, HeadShape shape, BayesianAdapterOptions options, Action<HeadPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    /// <summary>The number of steps of the precision of m, each followed by a search from the prior before.</summary>
    public const int MeanSteps = 3;

    private readonly int _width = shape.EmbeddingDimension + 1;
    private readonly int? _outputs = shape.HasCommonOutputs ? shape.CommonOutputs : null;
    private readonly List<string> _choices = [];
    private (PriorSearch Search, CovarianceForm Form)? _whole;

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => _choices;

    /// <inheritdoc/>
    public Lazy<PriorSummary>? Summary => shape.Kind == LabelKind.Regression && _whole is { } whole && MixedFit.CanSummarize(_width, tasks.Length) ? new(() => MixedFit.Summary(whole.Search.Prior, tasks)) : null;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        (PriorSearch whole, CovarianceForm form) = _whole ??= FitAll(limits);
        TaskEvidence[] used = isUsed is null ? tasks : [.. tasks.Where((_, task) => isUsed(task))];
        store(used.Length is 0 || used.Length == tasks.Length ? whole.Prior : Fit(used, form, whole.Prior, limits, whole.Point).Prior, parameters);
    }

    private (PriorSearch Search, CovarianceForm Form) FitAll(PriorLimits limits)
    {
        TaskEvidence[] few = TaskSubset.ForSelection(tasks, _width);
        CovarianceForm first = PriorSelection.First(_width);
        PriorSearch search = Fit(few, first, HeadPrior.Start(few, _width, _outputs ?? 1, options.Noise), limits);
        CovarianceForm form = LearnedCovariance.Form(shape, options, _width, () => PriorSelection.Choose(few, _width, _outputs, options.Noise, limits, _choices.Add));
        if (limits.IsTimeUp())
            return (search, first);
        if (form != first)
            search = Fit(few, form, search.Prior, limits); // most steps are done on few tasks
        for (int step = 0; step < MeanSteps && _outputs is not null && !limits.IsTimeUp(); step++)
            search = Fit(few, form, search.Prior.WithLikelierMeanPrecision(few), limits, search.Point);
        if (few.Length < tasks.Length && !limits.IsTimeUp())
            search = Fit(tasks, form, search.Prior, limits, search.Point);
        return (search, form);
    }

    private PriorSearch Fit(TaskEvidence[] used, CovarianceForm form, HeadPrior start, PriorLimits limits, double[]? point = null)
    {
        var search = new PriorSearch(used, start, _outputs is not null, form, point);
        search.Climb(limits);
        return search;
    }
}
