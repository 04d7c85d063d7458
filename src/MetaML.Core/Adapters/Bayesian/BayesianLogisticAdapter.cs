using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The most likely w of P(y = 1) = σ(wᵀz̃), or of a softmax of class vectors, under w ~ N(m, Σ): see <see cref="LogisticRegressionAdapter"/> with V₀ = m and B Bᵀ = Σ.</summary>
/// <remarks>
/// <para>Meta-learned: Σ, and m if outputs mean the same in all tasks (otherwise m = 0, so that class vectors are exchangeable). They are learned by gradients
/// or by empirical Bayes (<see cref="LogisticPrior"/>), from at most <see cref="TaskSubset"/> of the tasks and rows.</para>
/// <para>After empirical Bayes, probabilities are means over the posterior: scores are divided by √(1 + πv/8), v = z̃ᵀSz̃.
/// S⁻¹ = Σ⁻¹ + Σᵢ ωᵢz̃ᵢz̃ᵢᵀ is the curvature at the minimum, with ω = s g(1 − g) for two classes (MacKay, The evidence framework
/// applied to classification networks, 1992). For C classes, ω = s(1 − ‖g‖²)/(C − 1) is the mean over the contrasts of classes.
/// The difference of two scores has the variance 2v, so the divisor is √(1 + πv/4). If the prior is learned by gradients,
/// scores are not divided, since the loss has scaled them already.</para>
/// </remarks>
internal sealed class BayesianLogisticAdapter : LogisticRegressionAdapter
{
    // The largest number of rows of a task that the prior is learned from; see TaskSubset.Thin.
    private const int MaximumRows = 250;

    // The largest number of tasks that the prior is learned from: the approximation of each posterior is iterative.
    private const int MaximumTasks = 2000;

    private readonly BayesianAdapterOptions _options;
    private readonly bool _hasFactor;
    private readonly bool _fitsPrior;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Binary or multiclass.</param>
    /// <param name="options">The prior and the method that learns it.</param>
    /// <exception cref="ArgumentException">Regression labels are not classes.</exception>
    public BayesianLogisticAdapter(HeadShape shape, BayesianAdapterOptions options)
        : base(shape.Kind == LabelKind.Regression ? throw LogisticAdapter.NotForValues(nameof(BayesianLogisticAdapter)) : shape, First(shape, options), LearnedCovariance.IsTrained(shape, options))
    {
        _options = options with { };
        _hasFactor = LearnedCovariance.HasFactor(shape, options);
        _fitsPrior = LearnedCovariance.IsFitted(shape, options);
    }

    /// <inheritdoc/>
    public override int MostPriorTasks(double meanRows)
    {
        int width = Shape.EmbeddingDimension + 1, most = Math.Min(MaximumTasks, TaskSubset.Count(width, meanRows));
        return Shape.CovariateCount > 0 ? Math.Min(most, MixedFit.MostTasks(width)) : most;
    }

    /// <inheritdoc/>
    public override void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits)
    {
        if (_fitsPrior)
            EvidenceOf(trainingTasks).Complete(parameters, limits);
    }

    /// <inheritdoc/>
    public override IPriorEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks)
    {
        int width = Shape.EmbeddingDimension + 1;
        LogisticTask Labels(EmbeddedTask task) => new(Shape.Kind, TaskSubset.Thin(task, MaximumRows), width);
        if (!_fitsPrior)
            return new StoredTasks(this, trainingTasks);
        if (Shape.CovariateCount == 0)
            return new LogisticEvidence([.. trainingTasks.AsParallel().AsOrdered().Select(Labels)], Shape, _options, Store);
        var design = new MixedDesign(width, [.. Enumerable.Range(0, width)], Shape.CovariateCount);
        return new MixedLogisticEvidence(
            [.. trainingTasks.AsParallel().AsOrdered().Select(task => (Labels(task), MixedTask.CovariatesOf(task.Covariates, design.Covariates)))], design, Shape, _options, (prior, parameters) => Store(prior, design, parameters));
    }

    private void Store(HeadPrior prior, IReadOnlyList<ParameterArray> parameters)
    {
        LearnedCovariance.Store(prior.Covariance, parameters[0].Values, _hasFactor ? parameters[1].Values : null);
        LearnedCovariance.Store(ToOutputs(prior.Mean), PriorHead(parameters)?.Values);
    }

    private void Store(MixedPrior prior, MixedDesign design, IReadOnlyList<ParameterArray> parameters)
    {
        Store(prior.Varying with { Mean = [.. prior.Coefficients.Select(values => values[..design.Width])] }, parameters);
        design.Store(ToOutputs(prior.Coefficients), Effects(parameters)!.Values);
    }

    private double[][] ToOutputs(double[][] heads) => Shape.Kind == LabelKind.Binary ? heads : ClassContrasts.ToClasses(heads);

    private protected override Tensor PriorScale(ParameterSet learned) => learned.Tensors[0].exp();

    private protected override double[] PriorScale(IReadOnlyList<float[]> parameters) => Array.ConvertAll(parameters[0], deviation => Math.Exp(deviation));

    private protected override Tensor? Factor(ParameterSet learned) => _hasFactor ? learned.Tensors[1] : null;

    private protected override double[]? Factor(IReadOnlyList<float[]> parameters) => _hasFactor ? Array.ConvertAll(parameters[1], value => (double)value) : null;

    private protected override PredictiveVariance? Predictive(IReadOnlyList<float[]> parameters, EmbeddedTask support, PenalizedFit fit)
    {
        if (!_fitsPrior)
            return null;
        int width = Shape.EmbeddingDimension + 1;
        double[] covariance = ClosedFormAlgebra.PosteriorCovariance(fit.MeanCurvature(), width, Array.ConvertAll(parameters[0], MathF.Exp), _hasFactor ? parameters[1] : null);
        TensorPrimitives.Multiply(covariance, Shape.Kind == LabelKind.Binary ? Math.PI / 8 : Math.PI / 4, covariance);
        return PredictiveVariance.Of(1, covariance);
    }

    private static IEnumerable<ParameterSpec> First(HeadShape shape, BayesianAdapterOptions options)
    {
        yield return LearnedCovariance.Deviations(shape, options);
        if (LearnedCovariance.HasFactor(shape, options))
            yield return LearnedCovariance.Factor(shape.EmbeddingDimension + 1);
    }
}
