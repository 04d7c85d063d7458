using System.Numerics.Tensors;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Bayesian;

/// <summary>The posterior of w in y = wᵀz̃ + ε, w ~ N(m, Σ), ε ~ N(0, σ²): see <see cref="ClosedFormAdapter"/> with V₀ = m and B Bᵀ = Σ / σ².</summary>
/// <remarks>
/// <para>Meta-learned: Σ, σ, for classes the scale of the scores, and m if outputs mean the same in all tasks (otherwise m = 0). They are learned by
/// gradients or by empirical Bayes (<see cref="PriorSearch"/>), from at most <see cref="TaskSubset"/> of the tasks and rows. Source: Harrison et al.,
/// Meta-Learning Priors for Efficient Online Bayesian Regression (ALPaCA), 2018, arXiv 1807.08912. Deviation: classes are regressed as ±1 or one-hot labels.</para>
/// <para>For regression, a head also has the covariance of its posterior. The variance of a new label at z is σₜ²(1 + z̃ᵀS̃z̃),
/// S̃ = (σ²Σ⁻¹ + Z̃ᵀSZ̃)⁻¹ = B(PᵀP + I)⁻¹Bᵀ. With common noise, σₜ² = σ². With noise per task, wₜ ~ N(m, σₜ²Σ/σ²) and
/// σₜ² ~ Inv-Gamma(a, aσ²). The head is then the same, and E[σₜ²] = (aσ² + q/2) / (a + n/2 − 1), q = rᵀ(PPᵀ + I)⁻¹r. Squared
/// query losses depend on Σ/σ² but not on σ. If the prior is learned by gradients, σ is therefore set afterwards, to the
/// maximum of the marginal likelihood.</para>
/// </remarks>
internal sealed class BayesianAdapter : ClosedFormAdapter, IPopulationAdapter
{
    // The largest number of rows of a task that the prior is learned from; see TaskSubset.Thin.
    private const int MaximumRows = 500;

    private const string Noise = "log_noise";
    private const string NoiseShape = "log_noise_shape";

    private readonly BayesianAdapterOptions _options;
    private readonly BayesianDesign _design;
    private readonly float[]? _mask;

    /// <summary>An adapter of heads of this shape.</summary>
    /// <param name="shape">Any kind.</param>
    /// <param name="options">The prior and the method that learns it.</param>
    public BayesianAdapter(HeadShape shape, BayesianAdapterOptions options)
        : base(shape, First(shape, options), LearnedCovariance.IsTrained(shape, options))
    {
        _options = options with { };
        _design = new BayesianDesign(shape, _options);
        _mask = _design.Mask is { } mask ? Array.ConvertAll(mask, value => (float)value) : null;
    }

    private protected override bool KeepsPredictiveVariance => _options.GivesDeviation(Shape.Kind);

    /// <inheritdoc/>
    public IReadOnlyList<int> Varying => _design.Varying;

    /// <inheritdoc/>
    public double PosteriorFactor => 1;

    /// <inheritdoc/>
    public double[][] MeanHeads(IReadOnlyList<float[]> parameters)
    {
        int width = Shape.EmbeddingDimension + 1;
        ParameterArray[] named = [.. parameters.Zip(Parameters, (values, spec) => new ParameterArray(spec.Name, values))];
        double[] all = [.. (PriorHead(named)?.Values ?? new float[width]).Concat(Effects(named)?.Values ?? []).Select(value => (double)value)];
        return [.. all.Chunk(width)];
    }

    /// <inheritdoc/>
    public (double[] Covariance, double NoiseVariance) Variances(IReadOnlyList<float[]> parameters)
    {
        double noise = Math.Exp(2 * (double)parameters[1][0]), shape = ShapeOf(parameters);
        double[] covariance = LearnedCovariance.Load([.. PriorScale(parameters).Select(scale => scale * Math.Sqrt(noise))], _design.HasFactor ? Array.ConvertAll(parameters[2], value => (double)value) : null);
        return (covariance, double.IsInfinity(shape) ? noise : noise * shape / Math.Max(shape - 1, 0.05));
    }

    /// <inheritdoc/>
    public override int MostPriorTasks(double meanRows)
    {
        int width = Shape.EmbeddingDimension + 1;
        int most = _design.IsMixed ? MixedFit.MostTasks(width) : int.MaxValue;
        return _design.IsExact ? most : Math.Min(most, TaskSubset.Count(width, meanRows));
    }

    /// <inheritdoc/>
    public override void CompletePrior(IReadOnlyList<ParameterArray> parameters, IEnumerable<EmbeddedTask> trainingTasks, PriorLimits limits)
    {
        if (_design.FitsPrior)
        {
            EvidenceOf(trainingTasks).Complete(parameters, limits);
        }
        else if (KeepsPredictiveVariance)
        {
            int[] all = [.. Enumerable.Range(0, Shape.EmbeddingDimension + 1)];
            float[]? effects = Effects(parameters)?.Values;
            TaskEvidence[] tasks = effects is null ? Statistics(trainingTasks) : [.. trainingTasks.Select(task => Statistics(task).About(HeadsOf(effects, task.Covariates), all))];
            Store(Load(parameters).FitNoise(new PriorSums(tasks)).Prior, parameters);
        }
    }

    /// <inheritdoc/>
    public override IPriorEvidence EvidenceOf(IEnumerable<EmbeddedTask> trainingTasks)
    {
        if (!_design.FitsPrior)
            return new StoredTasks(this, trainingTasks);
        if (!_design.IsMixed)
            return new LinearEvidence(Statistics(trainingTasks), Shape, _options, Store);
        var design = new MixedDesign(Shape.EmbeddingDimension + 1, _design.Varying, Shape.CovariateCount);
        (MixedTask Task, EmbeddedTask Groups)[] tasks = [.. trainingTasks.AsParallel().AsOrdered().Select(task => (MixedTask.Of(Statistics(task), task.Covariates, design.Covariates), task.Select([])))];
        return new MixedEvidence(Array.ConvertAll(tasks, task => task.Groups), Array.ConvertAll(tasks, task => task.Task), design, Shape, _options, (prior, parameters) => Store(prior, design, parameters));
    }

    /// <summary>Whether sums over tasks determine what is set after the outer loop: all tasks have the same outputs and noise, and nothing else depends on the task.</summary>
    public bool LearnsFromSums => !_design.IsMixed && Shape.HasCommonOutputs && _options.Noise == PriorNoise.Common && Shape.EmbeddingDimension < MeanStep.LargestMatrix;

    /// <summary>Whether something is set after the outer loop: the prior by empirical Bayes, or the noise.</summary>
    public bool IsCompleted => _design.FitsPrior || KeepsPredictiveVariance;

    /// <summary>The prior that sums over tasks give: by the steps of <see cref="LinearEvidence"/>, most of them on few tasks, then on more, or, if gradients learn the prior, with the most likely noise.</summary>
    /// <param name="parameters">The parameters so far.</param>
    /// <param name="sums">Sums over few of the tasks, over more of them, and at last over all tasks.</param>
    /// <param name="meanSquare">Gives the mean square of the labels of the few tasks.</param>
    /// <param name="limits">The number of steps of each search, and the time.</param>
    /// <returns>The prior, and the log likelihood under it, plus the log density of its shrinkage.</returns>
    public (HeadPrior Prior, double LogLikelihood) Learn(IReadOnlyList<ParameterArray> parameters, IReadOnlyList<IPriorSums> sums, Func<double> meanSquare, PriorLimits limits)
    {
        if (!_design.FitsPrior)
            return Load(parameters).FitNoise(sums[^1]);
        int width = Shape.EmbeddingDimension + 1;
        limits = limits.AtMost(_options.MaximumFitIterations);
        IPriorSums few = sums[0];
        CovarianceForm first = PriorSelection.First(width), form = LearnedCovariance.Form(Shape, _options, width, () => CovarianceForm.Full(width));
        PriorSearch search = Climb(few, HeadPrior.Start(meanSquare(), width, Outputs, _options.Noise), first, null);
        if (form != first)
            search = Climb(few, search.Prior, form, null);
        for (int step = 0; step < LinearEvidence.MeanSteps; step++)
            search = Climb(few, search.Prior.WithLikelierMeanPrecision(few), form, search.Point);
        foreach (IPriorSums more in sums.Skip(1))
            search = Climb(more, search.Prior, form, search.Point);
        return (search.Prior, search.Objective);

        PriorSearch Climb(IPriorSums of, HeadPrior start, CovarianceForm family, double[]? point)
        {
            var next = new PriorSearch(of, start, hasMean: true, family, point);
            next.Climb(limits);
            return next;
        }
    }

    /// <summary>Number of outputs that mean the same in all tasks; 1 if there are none.</summary>
    public int Outputs => Shape.CommonOutputs ?? 1;

    /// <summary>The statistics of a task for the likelihood of a prior.</summary>
    public TaskEvidence Evidence(EmbeddedTask task) => Statistics(task);

    /// <summary>The parameters for a prior.</summary>
    /// <param name="prior">The prior.</param>
    /// <param name="before">The parameters before. Those that are not of the prior stay.</param>
    public ParameterArray[] ParametersOf(HeadPrior prior, IReadOnlyList<ParameterArray> before)
    {
        ParameterArray[] parameters = [.. before.Select(parameter => parameter with { Values = [.. parameter.Values] })];
        Store(prior, parameters);
        return parameters;
    }

    private TaskEvidence[] Statistics(IEnumerable<EmbeddedTask> tasks) => [.. tasks.AsParallel().AsOrdered().Select(Statistics)];

    private TaskEvidence Statistics(EmbeddedTask task) => new(_design.IsExact ? task : TaskSubset.Thin(task, MaximumRows), Shape.EmbeddingDimension + 1, Target);

    private double[][] HeadsOf(float[] effects, IReadOnlyList<float> covariates)
    {
        int width = Shape.EmbeddingDimension + 1, outputs = Shape.CommonOutputs ?? 1;
        float[] head = CovariateEffects.Shift(new float[width * outputs], effects, covariates);
        return [.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, width).Select(j => (double)head[j * outputs + k]).ToArray())];
    }

    private protected override Tensor PriorScale(ParameterSet learned)
    {
        Tensor scale = (learned.Tensors[0] - learned[Noise]).exp();
        return _mask is null ? scale : scale * TorchSharp.torch.tensor(_mask, dtype: scale.dtype, device: scale.device);
    }

    private protected override float[] PriorScale(IReadOnlyList<float[]> parameters)
    {
        float[] scale = Array.ConvertAll(parameters[0], deviation => MathF.Exp(deviation - parameters[1][0]));
        if (_mask is not null)
            TensorPrimitives.Multiply(scale, _mask, scale);
        return scale;
    }

    private protected override Tensor? Factor(ParameterSet learned) => _design.HasFactor ? learned.Tensors[2] : null;

    private protected override float[]? Factor(IReadOnlyList<float[]> parameters) => _design.HasFactor ? parameters[2] : null;

    private protected override double[] Root(IReadOnlyList<float[]> parameters, TaskPrior prior) => BayesianDesign.Root(
        Array.ConvertAll(PriorScale(parameters), value => (double)value), Factor(parameters) is { } factor ? Array.ConvertAll(factor, value => (double)value) : null, prior, Math.Exp(2 * (double)parameters[1][0]));

    private protected override double NoiseVariance(IReadOnlyList<float[]> parameters, double count, double quadratic) =>
        TaskNoise.Variance(count, quadratic, Math.Exp(2 * (double)parameters[1][0]), ShapeOf(parameters));

    private double ShapeOf(IReadOnlyList<float[]> parameters) =>
        _options.Noise == PriorNoise.PerTask ? Math.Exp(parameters[_design.HasFactor ? 3 : 2][0]) : double.PositiveInfinity;

    private void Store(HeadPrior fit, IReadOnlyList<ParameterArray> parameters)
    {
        LearnedCovariance.Store(fit.Covariance, parameters[0].Values, _design.HasFactor ? parameters[2].Values : null);
        LearnedCovariance.Store(fit.Mean, PriorHead(parameters)?.Values);
        parameters[1].Values[0] = (float)(0.5 * Math.Log(fit.NoiseVariance));
        if (_options.Noise == PriorNoise.PerTask)
            parameters[_design.HasFactor ? 3 : 2].Values[0] = (float)Math.Log(fit.NoiseShape);
    }

    private void Store(MixedPrior fit, MixedDesign design, IReadOnlyList<ParameterArray> parameters)
    {
        Store(fit.Varying with { Covariance = design.StoredCovariance(fit.Varying), Mean = [.. fit.Coefficients.Select(values => values[..design.Width])] }, parameters);
        if (Effects(parameters) is { } effects)
            design.Store(fit.Coefficients, effects.Values);
    }

    // A prior that was learned by gradients: its covariance is diagonal.
    private HeadPrior Load(IReadOnlyList<ParameterArray> parameters)
    {
        int width = Shape.EmbeddingDimension + 1, outputs = Shape.CommonOutputs ?? 1;
        var covariance = new double[width * width];
        for (int j = 0; j < width; j++)
            covariance[j * width + j] = Math.Exp(2 * (double)parameters[0].Values[j]);
        float[]? head = PriorHead(parameters)?.Values;
        double[][] mean = [.. Enumerable.Range(0, outputs).Select(k => Enumerable.Range(0, width).Select(j => (double)(head?[j * outputs + k] ?? 0)).ToArray())];
        return new HeadPrior(mean, covariance, Math.Exp(2 * (double)parameters[1].Values[0])) { NoiseShape = ShapeOf([.. parameters.Select(p => p.Values)]) };
    }

    private protected override void ScalePrior(float[][] parameters, double factor) =>
        TensorPrimitives.Add(parameters[0], (float)Math.Log(factor), parameters[0]);

    private static IEnumerable<ParameterSpec> First(HeadShape shape, BayesianAdapterOptions options)
    {
        yield return LearnedCovariance.Deviations(shape, options);
        yield return ParameterSpec.Constant(Noise, 0, 1) with { LearningRateFactor = 10, IsTrained = LearnedCovariance.IsTrained(shape, options) };
        if (LearnedCovariance.HasFactor(shape, options))
            yield return LearnedCovariance.Factor(shape.EmbeddingDimension + 1);
        if (options.Noise == PriorNoise.PerTask)
            yield return ParameterSpec.Constant(NoiseShape, MathF.Log(10), 1) with { IsTrained = false };
    }
}
