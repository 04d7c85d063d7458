using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.Logistic;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>
/// The most likely w of P(y = 1) = σ(wᵀz̃), of a softmax of class vectors, or of counts with the mean exp(wᵀz̃), under w ~ N(m, Σ): see <see cref="GeneralizedLinearAdapter"/> with V₀ = m and B Bᵀ = Σ.
/// </summary>
/// <remarks>
/// <para>Meta-learned: Σ, for negative binomial counts φ, and m if outputs mean the same in all tasks (otherwise m = 0, so that class vectors are exchangeable). They are learned by gradients
/// or by empirical Bayes: <see cref="GeneralizedPrior"/>, from at most <see cref="TaskSubset"/> of the tasks and rows; or, without shrinkage, <see cref="LaplaceSearch"/>.</para>
/// <para>After empirical Bayes, probabilities are means over the posterior: scores are divided by √(1 + πv/8), v = z̃ᵀSz̃.
/// S⁻¹ = Σ⁻¹ + Σᵢ ωᵢz̃ᵢz̃ᵢᵀ is the curvature at the minimum, with ω = s g(1 − g) for two classes (MacKay, The evidence framework
/// applied to classification networks, 1992). For C classes, ω = s(1 − ‖g‖²)/(C − 1) is the mean over the contrasts of classes.
/// The difference of two scores has the variance 2v, so the divisor is √(1 + πv/4). An expected count is exp(wᵀz̃ + v/2). If the prior is learned by gradients,
/// v is 0, since the loss has scaled the scores already.</para>
/// </remarks>
internal sealed class BayesianGeneralizedAdapter : GeneralizedLinearAdapter, IManagedAdapter, IPopulationAdapter
{
    // The factor of S for two classes, so that probabilities are means.
    private const double BinaryFactor = Math.PI / 8;

    // The largest number of rows of a task that the prior is learned from; see TaskSubset.Thin.
    private const int MaximumRows = 250;

    // The largest number of tasks that the prior is learned from: the approximation of each posterior is iterative.
    private const int MaximumTasks = 2000;

    private const string LogDispersion = "log_dispersion";

    private readonly BayesianAdapterOptions _options;
    private readonly BayesianDesign _design;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any; regression labels must be counts.</param>
    /// <param name="options">The prior and the method that learns it.</param>
    public BayesianGeneralizedAdapter(HeadShape shape, BayesianAdapterOptions options)
        : base(shape, First(shape, options), LearnedCovariance.IsTrained(shape, options))
    {
        _options = options with { };
        _design = new BayesianDesign(shape, _options);
    }

    private bool PredictsCounts => _options.PredictsCounts(Shape.Kind);

    private bool HasDispersion => PredictsCounts && _options.ValueLikelihood == ValueLikelihood.NegativeBinomial;

    private int DispersionIndex => _design.HasFactor ? 2 : 1;

    /// <inheritdoc/>
    public IReadOnlyList<int> Varying => _design.Varying;

    /// <inheritdoc/>
    public double[][] MeanHeads(IReadOnlyList<float[]> parameters)
    {
        ParameterArray[] named = [.. parameters.Zip(Parameters, (values, spec) => new ParameterArray(spec.Name, values))];
        return [.. PriorHead(named)!.Values.Concat(Effects(named)?.Values ?? []).Select(value => (double)value).Chunk(Shape.EmbeddingDimension + 1)];
    }

    /// <inheritdoc/>
    public (double[] Covariance, double NoiseVariance) Variances(IReadOnlyList<float[]> parameters) => (LearnedCovariance.Load(PriorScale(parameters), Factor(parameters)), double.NaN);

    /// <inheritdoc/>
    public double PosteriorFactor => Shape.Kind == LabelKind.Binary ? BinaryFactor : 1;

    /// <summary>The distribution of counts; null if labels are classes.</summary>
    /// <param name="parameters">Values in the order of <see cref="IAdapter.Parameters"/>.</param>
    public CountDistribution? DistributionOf(IReadOnlyList<float[]> parameters) => Counts(parameters) is { } counts ? new CountDistribution(counts.Dispersion) : null;

    /// <inheritdoc/>
    public override int MostPriorTasks(double meanRows)
    {
        int width = Shape.EmbeddingDimension + 1, most = _design.IsMixed ? MixedFit.MostTasks(width) : int.MaxValue;
        return _design.IsExact ? most : Math.Min(Math.Min(MaximumTasks, most), TaskSubset.Count(width, meanRows));
    }

    /// <inheritdoc/>
    public override void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits)
    {
        if (_design.FitsPrior)
            EvidenceOf(trainingTasks).Complete(parameters, limits);
    }

    /// <inheritdoc/>
    public override IPriorEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks)
    {
        if (!_design.FitsPrior)
            return new StoredTasks(this, trainingTasks);
        EmbeddedTask[] tasks = [.. trainingTasks.Select(task => _design.IsExact ? task : TaskSubset.Thin(task, MaximumRows))];
        CountLikelihood? counts(PriorLimits limits) => !PredictsCounts ? null
            : !HasDispersion ? CountLikelihood.Poisson
            : _design.IsExact && !_design.HasGroups ? DispersionFit.Start // the search learns it
            : DispersionFit.Fit(tasks, Shape.EmbeddingDimension + 1, limits);
        if (!_design.IsMixed)
            return new GeneralizedEvidence(tasks, counts, Shape, _options, Store);
        var design = new MixedDesign(Shape.EmbeddingDimension + 1, _design.Varying, Shape.CovariateCount);
        return new MixedGeneralizedEvidence(tasks, counts, design, Shape, _options, (prior, parameters) => Store(prior, design, parameters));
    }

    /// <inheritdoc/>
    (Tensor Query, Tensor Outer) IAdapter.Losses(AdaptationInput input, LabelKind kind, RowBatch query)
    {
        if (!PredictsCounts)
            return IAdapter.LossesByGraph(this, input, kind, query);
        Tensor loss = CountLoss.PerTask(Adapt(input).Score(input.Encoder, query.Features, input.Dropout), query, HasDispersion ? input.AdapterParameters[LogDispersion] : null);
        return (loss, loss);
    }

    private void Store(HeadPrior prior, CountLikelihood? counts, IReadOnlyList<ParameterArray> parameters)
    {
        LearnedCovariance.Store(prior.Covariance, parameters[0].Values, _design.HasFactor ? parameters[1].Values : null);
        LearnedCovariance.Store(ToOutputs(prior.Mean), PriorHead(parameters)?.Values);
        if (HasDispersion)
            parameters[DispersionIndex].Values[0] = (float)Math.Log(counts!.Dispersion);
    }

    private void Store(MixedPrior prior, MixedDesign design, IReadOnlyList<ParameterArray> parameters)
    {
        HeadPrior varying = prior.Varying;
        Store(varying with { Covariance = design.StoredCovariance(varying), Mean = [.. prior.Coefficients.Select(values => values[..design.Width])] }, prior.Counts, parameters);
        if (Effects(parameters) is { } effects)
            design.Store(ToOutputs(prior.Coefficients), effects.Values);
    }

    private double[][] ToOutputs(double[][] heads) => Shape.Kind == LabelKind.Multiclass ? ClassContrasts.ToClasses(heads) : heads;

    private protected override Tensor PriorScale(ParameterSet learned)
    {
        Tensor scale = learned.Tensors[0].exp();
        return _design.Mask is null ? scale : scale * TorchSharp.torch.tensor(_design.Mask, dtype: scale.dtype, device: scale.device);
    }

    private protected override double[] PriorScale(IReadOnlyList<float[]> parameters)
    {
        double[] scale = Array.ConvertAll(parameters[0], deviation => Math.Exp(deviation));
        if (_design.Mask is not null)
            TensorPrimitives.Multiply(scale, _design.Mask, scale);
        return scale;
    }

    private protected override Tensor? Factor(ParameterSet learned) => _design.HasFactor ? learned.Tensors[1] : null;

    private protected override double[]? Factor(IReadOnlyList<float[]> parameters) => _design.HasFactor ? Array.ConvertAll(parameters[1], value => (double)value) : null;

    private protected override double[] Root(IReadOnlyList<float[]> parameters, TaskPrior prior) => BayesianDesign.Root(PriorScale(parameters), Factor(parameters), prior, 1);

    private protected override CountLikelihood? Counts(IReadOnlyList<float[]> parameters) =>
        !PredictsCounts ? null : HasDispersion ? new CountLikelihood(Math.Exp(parameters[DispersionIndex][0])) : CountLikelihood.Poisson;

    private protected override (Tensor Predictions, Tensor Targets, Tensor Curvatures) Predict(AdaptationInput input, Tensor scores, RowBatch rows)
    {
        if (!PredictsCounts)
            return base.Predict(input, scores, rows);
        scores = CountLoss.WithExposures(scores, rows);
        Tensor targets = rows.Labels.unsqueeze(-1);
        if (!HasDispersion)
        {
            Tensor rates = scores.exp();
            return (rates, targets, rates);
        }

        Tensor logDispersion = input.AdapterParameters[LogDispersion].to(scores.dtype);
        Tensor total = targets.Plus((-logDispersion).exp()), share = scores.Plus(logDispersion).sigmoid(); // y + r, μ / (μ + r)
        return (total * share, targets, total * (share - share.Squared()));
    }

    private protected override LinearHead Complete(LinearHead head, IReadOnlyList<float[]> parameters, PenalizedFit fit, double[] scale, double[]? factor)
    {
        if (!_design.FitsPrior)
            return PredictsCounts ? head with { Counts = DistributionOf(parameters), PredictiveVariance = PredictiveVariance.Of(1, new double[(Shape.EmbeddingDimension + 1) * (Shape.EmbeddingDimension + 1)]) } : head;
        int width = Shape.EmbeddingDimension + 1;
        double[] covariance = ClosedFormAlgebra.PosteriorCovariance(fit.MeanCurvature(), width, Array.ConvertAll(scale, value => (float)value), factor is null ? null : Array.ConvertAll(factor, value => (float)value));
        TensorPrimitives.Multiply(covariance, Shape.Kind == LabelKind.Multiclass ? 2 * BinaryFactor : PosteriorFactor, covariance);
        return head with { Counts = DistributionOf(parameters), PredictiveVariance = PredictiveVariance.Of(1, covariance) };
    }

    private static IEnumerable<ParameterSpec> First(HeadShape shape, BayesianAdapterOptions options)
    {
        yield return LearnedCovariance.Deviations(shape, options);
        if (LearnedCovariance.HasFactor(shape, options))
            yield return LearnedCovariance.Factor(shape.EmbeddingDimension + 1);
        if (options.PredictsCounts(shape.Kind) && options.ValueLikelihood == ValueLikelihood.NegativeBinomial)
            yield return ParameterSpec.Constant(LogDispersion, -1, 1) with { LearningRateFactor = 10, IsTrained = LearnedCovariance.IsTrained(shape, options) };
    }
}
