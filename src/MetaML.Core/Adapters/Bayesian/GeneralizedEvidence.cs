using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The prior of <see cref="BayesianGeneralizedAdapter"/> from the rows of training tasks (<see cref="GeneralizedPrior"/>).</summary>
/// <param name="rows">The rows of each training task. A task with rows of one class among several that it could have has no heads, and is left out.</param>
/// <param name="counts">The distribution of counts, asked once; null if labels are classes.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior and the distribution of counts.</param>
internal sealed class GeneralizedEvidence(
    EmbeddedTask[] rows, Func<PriorLimits, CountLikelihood?> counts, HeadShape shape, BayesianAdapterOptions options, Action<HeadPrior, CountLikelihood?, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private readonly int _width = shape.EmbeddingDimension + 1;
    private (CountLikelihood? Counts, GeneralizedTask[] Tasks)? _prepared;
    private readonly List<string> _choices = [];
    private (GeneralizedPrior Search, CovarianceForm Form)? _whole;

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => _choices;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        var (distribution, tasks) = _prepared ??= Prepare(limits);
        GeneralizedTask[] all = Array.FindAll(tasks, task => task.Heads > 0);
        if (all.Length == 0)
            return; // each task has rows of one class
        (GeneralizedPrior whole, CovarianceForm form) = _whole ??= FitAll(all, limits);
        GeneralizedTask[] used = isUsed is null ? all : [.. tasks.Where((task, number) => task.Heads > 0 && isUsed(number))];
        store(used.Length is 0 || used.Length == all.Length ? whole.Prior : Fit(used, form, whole.Prior, limits, whole.Point).Prior, distribution, parameters);
    }

    private (CountLikelihood? Counts, GeneralizedTask[] Tasks) Prepare(PriorLimits limits)
    {
        CountLikelihood? distribution = counts(limits);
        return (distribution, [.. rows.AsParallel().AsOrdered().Select(task => new GeneralizedTask(shape.Kind, task, _width, distribution))]);
    }

    private (GeneralizedPrior Search, CovarianceForm Form) FitAll(GeneralizedTask[] all, PriorLimits limits)
    {
        int? heads = shape.HasCommonOutputs ? all[0].Heads : null;
        CovarianceForm simplest = PriorSelection.First(_width);
        GeneralizedPrior first = Fit(all, simplest, GeneralizedPrior.Start(all, _width, heads ?? 1), limits);
        CovarianceForm form = LearnedCovariance.Form(shape, options, _width, () => PriorSelection.Choose(TaskSubset.ForSelection(first.Evidence, _width), _width, heads, noise: null, limits, _choices.Add));
        if (limits.IsTimeUp())
            return (first, simplest);
        GeneralizedPrior search = form == simplest ? first : Fit(all, form, first.Prior, limits);
        for (int step = 0; step < LinearEvidence.MeanSteps && heads is not null && !limits.IsTimeUp(); step++)
            search = Fit(all, form, search.Prior.WithLikelierMeanPrecision(search.Evidence), limits, search.Point);
        return (search, form);
    }

    private GeneralizedPrior Fit(GeneralizedTask[] used, CovarianceForm form, HeadPrior start, PriorLimits limits, double[]? point = null) =>
        new GeneralizedPrior(used, start, shape.HasCommonOutputs, form, limits, point).Climb();
}
