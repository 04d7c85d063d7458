using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>
/// The prior of <see cref="BayesianGeneralizedAdapter"/> as a generalised linear mixed model, from the rows of training tasks: <see cref="MixedGeneralizedFit"/> or, without shrinkage, <see cref="LaplaceSearch"/>.
/// </summary>
/// <param name="rows">The rows and the covariates of each training task. A task with rows of one class among several that it could have has no heads, and is left out.</param>
/// <param name="counts">The distribution of counts, asked once; null if labels are classes.</param>
/// <param name="design">The coefficients.</param>
/// <param name="shape">The shape of heads.</param>
/// <param name="options">The options of the adapter.</param>
/// <param name="store">Sets the parameters of the adapter from a prior.</param>
internal sealed class MixedGeneralizedEvidence(
    EmbeddedTask[] rows, Func<PriorLimits, CountLikelihood?> counts, MixedDesign design, HeadShape shape, BayesianAdapterOptions options, Action<MixedPrior, IReadOnlyList<ParameterArray>> store) : IPriorEvidence
{
    private (CountLikelihood? Counts, GeneralizedTask[] Tasks)? _prepared;
    private (MixedPrior Prior, PriorSummary? Summary)? _whole;
    private readonly List<string> _choices = [];
    private CovarianceForm _form = CovarianceForm.Diagonal;

    /// <inheritdoc/>
    public IReadOnlyList<string> Choices => _choices;

    /// <inheritdoc/>
    public Lazy<PriorSummary>? Summary => _whole?.Summary is { } summary ? new(summary) : null;

    /// <inheritdoc/>
    public GroupPriors? Groups { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<TaskPrior>? TaskPriors { get; private set; }

    // Few tasks say little about many covariates: their effects are shrunk in any case.
    private bool IsExact => !options.Shrinkage && design.Covariates < rows.Length - 1;

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<ParameterArray> parameters, PriorLimits limits, Func<int, bool>? isUsed = null)
    {
        limits = limits.AtMost(options.MaximumFitIterations);
        GeneralizedTask[] tasks = (_prepared ??= Prepare(limits)).Tasks;
        int[] all = [.. Enumerable.Range(0, tasks.Length).Where(t => tasks[t].Heads > 0)];
        if (all.Length == 0)
            return; // each task has rows of one class
        if (shape.GroupNames.Count > 0)
        {
            int[] some = isUsed is null ? all : Array.FindAll(all, task => isUsed(task));
            NestedFit.Result nested = FitGroups(some.Length == 0 ? all : some, limits);
            (Groups, TaskPriors) = (nested.Groups, some.Length == rows.Length ? nested.TaskPriors : null);
            store(nested.Prior with { Counts = _prepared.Value.Counts }, parameters);
            return;
        }

        _whole ??= Fit(all, limits, about => _form = Form(about, limits));
        int[] used = isUsed is null ? all : Array.FindAll(all, task => isUsed(task));
        store(used.Length is 0 || used.Length == all.Length ? _whole.Value.Prior : Fit(used, limits, _ => _form).Prior, parameters);
    }

    private (CountLikelihood? Counts, GeneralizedTask[] Tasks) Prepare(PriorLimits limits)
    {
        CountLikelihood? distribution = counts(limits);
        return (distribution, [.. rows.AsParallel().AsOrdered().Select(task => new GeneralizedTask(shape.Kind, task, design.Width, distribution))]);
    }

    private NestedFit.Result FitGroups(int[] used, PriorLimits limits) =>
        new NestedFit(Array.ConvertAll(used, t => rows[t]), design, shape.GroupNames, LearnedCovariance.OfLevels(shape, options), limits).Fit(Array.ConvertAll(used, t => _prepared!.Value.Tasks[t]));

    private (MixedPrior Prior, PriorSummary? Summary) Fit(int[] used, PriorLimits limits, Func<TaskEvidence[], CovarianceForm> form)
    {
        var (distribution, tasks) = _prepared!.Value;
        double[][] covariates = Array.ConvertAll(used, t => MixedTask.CovariatesOf(rows[t].Covariates, design.Covariates));
        var fit = new MixedGeneralizedFit(Array.ConvertAll(used, t => tasks[t]), covariates, design, shrinksCovariates: !IsExact, limits);
        if (!IsExact)
            return (fit.Fit(form) with { Counts = distribution }, null);
        LaplaceTask[] laplace = Array.ConvertAll(used, t => new LaplaceTask(rows[t], design.Width, design.Covariates));
        LaplaceSearch search = new LaplaceSearch(laplace, design, fit.FitDiagonal().Prior with { Counts = distribution }, LearnedCovariance.Likeliest(shape, options)).Climb(limits);
        return (search.Prior, MixedFit.Summary(search.Prior, used.Length, laplace.Sum(task => (long)task.RowCount), search.VarianceParameters));
    }

    // The form of Σ of the varying dimensions.
    private CovarianceForm Form(TaskEvidence[] about, PriorLimits limits)
    {
        int size = design.Varying.Length;
        return LearnedCovariance.Form(shape, options, size, () => PriorSelection.Choose(TaskSubset.ForSelection(about, size), size, about[0].Outputs, noise: null, limits, _choices.Add));
    }
}
