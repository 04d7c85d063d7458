using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianLogisticAdapter"/> from the rows of training tasks (<see cref="LogisticPrior"/>).</summary>
/// <param name="tasks">The rows of each training task. A task with rows of one class has no heads, and is left out.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class LogisticEvidence(LogisticTask[] tasks, HeadShape shape, BayesianAdapterOptions options, Action<HeadPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private readonly int _width = shape.EmbeddingDimension + 1;
    private (LogisticPrior Search, CovarianceForm Form)? _whole;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        LogisticTask[] all = Array.FindAll(tasks, task => task.Heads > 0);
        if (all.Length == 0)
            return; // each task has rows of one class
        (LogisticPrior whole, CovarianceForm form) = _whole ??= FitAll(all, limits);
        LogisticTask[] used = isUsed is null ? all : [.. tasks.Where((task, number) => task.Heads > 0 && isUsed(number))];
        store(used.Length is 0 || used.Length == all.Length ? whole.Prior : Fit(used, form, whole.Prior, limits, whole.Point).Prior, parameters);
    }

    private (LogisticPrior Search, CovarianceForm Form) FitAll(LogisticTask[] all, PriorLimits limits)
    {
        int? heads = shape.HasCommonOutputs ? all[0].Heads : null;
        CovarianceForm simplest = PriorSelection.First(_width);
        LogisticPrior first = Fit(all, simplest, LogisticPrior.Start(all, _width, heads ?? 1), limits);
        CovarianceForm form = LearnedCovariance.Form(shape, options, () => PriorSelection.Choose(TaskSubset.ForSelection(first.Evidence, _width), _width, heads, noise: null, limits));
        if (limits.IsTimeUp())
            return (first, simplest);
        LogisticPrior search = form == simplest ? first : Fit(all, form, first.Prior, limits);
        for (int step = 0; step < LinearEvidence.MeanSteps && heads is not null && !limits.IsTimeUp(); step++)
            search = Fit(all, form, search.Prior.WithLikelierMeanPrecision(search.Evidence), limits, search.Point);
        return (search, form);
    }

    private LogisticPrior Fit(LogisticTask[] used, CovarianceForm form, HeadPrior start, PriorLimits limits, double[]? point = null) =>
        new LogisticPrior(used, start, shape.HasCommonOutputs, form, limits, point).Climb();
}
