using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The most likely w of P(y = 1) = σ(wᵀz̃), or of a softmax of class vectors, under w ~ N(m, Σ): see <see cref="LogisticRegressionAdapter"/> with V₀ = m and B Bᵀ = Σ.</summary>
/// <remarks>
/// <para>Meta-learned: m where all tasks' outputs mean the same (else 0, so that class vectors are exchangeable) and Σ; by gradients,
/// or by empirical Bayes (<see cref="LogisticPrior"/>, of a task with very many rows on some of them).</para>
/// <para>After empirical Bayes probabilities are those of the mean over the posterior: scores are divided by √(1 + πv/8), v = z̃ᵀSz̃,
/// where S⁻¹ = Σ⁻¹ + Σᵢ ωᵢz̃ᵢz̃ᵢᵀ is the curvature at the minimum, ω = s g(1 − g) of two classes (MacKay, The evidence framework
/// applied to classification networks, 1992). Of C classes ω = s(1 − ‖g‖²)/(C − 1), the mean over what tells classes apart, and
/// since the difference of two scores has the variance 2v, the divisor is √(1 + πv/4). Where the prior was learned by gradients,
/// the loss has scaled the scores already.</para>
/// </remarks>
internal sealed class BayesianLogisticAdapter : LogisticRegressionAdapter
{
    // Rows of a task that the prior is learned from, or four for each value of an embedding where that is more: its head is known
    // well enough then, beside how heads vary.
    private const int MaximumRows = 250;

    private readonly BayesianAdapterOptions _options;
    private readonly bool _hasFactor;
    private readonly bool _fitsPrior;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Binary or multiclass.</param>
    /// <param name="options">Which prior, and how it is learned.</param>
    /// <exception cref="ArgumentException">Regression labels are not classes.</exception>
    public BayesianLogisticAdapter(HeadShape shape, BayesianAdapterOptions options)
        : base(shape.Kind == LabelKind.Regression ? throw LogisticAdapter.NotForValues(nameof(BayesianLogisticAdapter)) : shape, First(shape, options), LearnedCovariance.IsTrained(shape, options))
    {
        _options = options with { };
        _hasFactor = LearnedCovariance.HasFactor(shape, options);
        _fitsPrior = LearnedCovariance.IsFitted(shape, options);
    }

    /// <inheritdoc/>
    public override void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks)
    {
        if (!_fitsPrior)
            return;
        int width = Shape.EmbeddingDimension + 1;
        LogisticTask[] tasks = [.. trainingTasks.AsParallel().AsOrdered().Select(task => new LogisticTask(Shape.Kind, Thin(task), width)).Where(task => task.Heads > 0)];
        if (tasks.Length == 0)
            return; // no task tells classes apart
        HeadPrior prior = FitPrior(tasks, width);
        LearnedCovariance.Store(prior.Covariance, parameters[0].Values, _hasFactor ? parameters[1].Values : null);
        LearnedCovariance.Store(Shape.Kind == LabelKind.Binary ? prior.Mean : ClassContrasts.ToClasses(prior.Mean), PriorHead(parameters)?.Values);
    }

    private protected override Tensor PriorScale(ParameterSet learned) => learned.Tensors[0].exp();

    private protected override double[] PriorScale(IReadOnlyList<float[]> parameters) => Array.ConvertAll(parameters[0], deviation => Math.Exp(deviation));

    private protected override Tensor? Factor(ParameterSet learned) => _hasFactor ? learned.Tensors[1] : null;

    private protected override double[]? Factor(IReadOnlyList<float[]> parameters) => _hasFactor ? Array.ConvertAll(parameters[1], value => (double)value) : null;

    private protected override PredictiveVariance? Predictive(IReadOnlyList<float[]> parameters, EmbeddedTask support, PenalizedFit fit)
    {
        if (!_fitsPrior)
            return null;
        int width = Shape.EmbeddingDimension + 1;
        double[] covariance = LearnedCovariance.Load(PriorScale(parameters), Factor(parameters)), posterior = new double[width * width];
        double[] precisions = [.. Enumerable.Range(0, support.RowCount).Select(fit.Precision)];
        var evidence = new TaskEvidence(TaskEvidence.Augment(support, width), precisions, [new double[support.RowCount]], width);
        double share = Shape.Kind == LabelKind.Binary ? Math.PI / 8 : Math.PI / 4;
        evidence.Under(ScaledHeadPrior.Of([new double[width]], covariance)).AddCovariance(share, posterior);
        return PredictiveVariance.Of(1, posterior);
    }

    // Drawn, since rows may stand in any order.
    private EmbeddedTask Thin(EmbeddedTask task)
    {
        int most = Math.Max(MaximumRows, 4 * Shape.EmbeddingDimension);
        return task.RowCount <= most ? task : task.Select(RowSampler.Some(task.RowCount, most, new Random(0)));
    }

    private HeadPrior FitPrior(LogisticTask[] tasks, int width)
    {
        int iterations = _options.MaximumFitIterations;
        int? heads = Shape.HasCommonOutputs ? tasks[0].Heads : null;
        LogisticPrior Fit(HeadPrior start, CovarianceForm form) => new LogisticPrior(tasks, start, heads is not null, form, iterations).Climb();
        LogisticPrior diagonal = Fit(LogisticPrior.Start(tasks, width, heads ?? 1), CovarianceForm.Diagonal);
        CovarianceForm form = LearnedCovariance.Form(Shape, _options, () => PriorSelection.Choose(diagonal.Evidence, width, heads, noise: null, iterations));
        return form == CovarianceForm.Diagonal ? diagonal.Prior : Fit(diagonal.Prior, form).Prior;
    }

    private static IEnumerable<ParameterSpec> First(HeadShape shape, BayesianAdapterOptions options)
    {
        yield return LearnedCovariance.Deviations(shape, options);
        if (LearnedCovariance.HasFactor(shape, options))
            yield return LearnedCovariance.Factor(shape.EmbeddingDimension + 1);
    }
}
