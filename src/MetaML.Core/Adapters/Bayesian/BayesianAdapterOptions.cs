using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Options;

namespace MetaML;

/// <summary>Bayesian linear, logistic or count regression on the support embeddings, with a meta-learned prior.</summary>
/// <remarks>
/// For every kind of label. See <see cref="BayesianAdapter"/> and, for <see cref="ClassLikelihood.Logistic"/> and counts,
/// <see cref="BayesianGeneralizedAdapter"/>. With <see cref="IdentityEncoderOptions"/> it is a linear learner without a network. This learner
/// needs no native library, trains in seconds, and is often the best on tabular tasks.
/// </remarks>
[SavedName("bayesian")]
public sealed record BayesianAdapterOptions : AdapterOptions
{
    /// <summary>Options with their defaults.</summary>
    public BayesianAdapterOptions()
    {
    }

    private BayesianAdapterOptions(BayesianAdapterOptions original)
        : base(original) => OptionCopy.Fields(original, this);

    /// <summary>The form of the covariance of heads over tasks.</summary>
    /// <value>Default <see cref="PriorCovariance.Auto"/>; <see cref="PriorCovariance.Full"/> and <see cref="PriorCovariance.OneFactor"/> need empirical Bayes.</value>
    public PriorCovariance Covariance { get; set; } = PriorCovariance.Auto;

    /// <summary>The distribution of class labels given the scores.</summary>
    /// <value>Default <see cref="ClassLikelihood.Gaussian"/>. It has no effect on regression labels.</value>
    public ClassLikelihood ClassLikelihood { get; set; } = ClassLikelihood.Gaussian;

    /// <summary>The distribution of regression labels given the scores.</summary>
    /// <value>Default <see cref="ValueLikelihood.Gaussian"/>. With <see cref="ValueLikelihood.Poisson"/> and <see cref="ValueLikelihood.NegativeBinomial"/>, labels must be counts. It has no effect on classes.</value>
    /// <remarks>
    /// Scores of counts are expected counts: the mean of exp(wᵀz̃) over the posterior of the head w, times the exposure of the row.
    /// The posterior is approximated: as for <see cref="ClassLikelihood.Logistic"/>, or with <see cref="Shrinkage"/> false by Laplace's method, as glmer of lme4 does.
    /// </remarks>
    public ValueLikelihood ValueLikelihood { get; set; } = ValueLikelihood.Gaussian;

    /// <summary>Whether each task has its own noise variance. It affects the prior and <see cref="PredictiveDeviation"/>.</summary>
    /// <value>Default <see cref="PriorNoise.Common"/>; <see cref="PriorNoise.PerTask"/> needs empirical Bayes.</value>
    public PriorNoise Noise { get; set; } = PriorNoise.Common;

    /// <summary>Whether a full covariance is shrunk towards its diagonal, and the effects of covariates of tasks towards 0.</summary>
    /// <value>
    /// Default true, which is better for new tasks. If false, the prior has the maximum likelihood, like a linear mixed model of lme4 with
    /// <c>REML = FALSE</c>: all tasks and rows are used, the search ends in double precision, and <see cref="PriorCovariance.Auto"/> is
    /// <see cref="PriorCovariance.Full"/>. For logistic and count likelihoods it is Laplace's approximation that is maximised. It needs empirical Bayes, the same outputs in all tasks, and for a logistic likelihood two classes. Effects of covariates are shrunk in any
    /// case if there are as many covariates as tasks, less one.
    /// </value>
    public bool Shrinkage { get; set; } = true;

    /// <summary>The features whose slopes vary over tasks, by slot names. The other slopes are fixed: all tasks have the same.</summary>
    /// <value>Null (default) for all features. Other values need an <see cref="IdentityEncoderOptions"/>, empirical Bayes and the same outputs in all tasks.</value>
    public IReadOnlyList<string>? VaryingFeatures { get; set; }

    /// <summary>The features for which the data decide whether their slopes vary over tasks or are fixed, by slot names.</summary>
    /// <value>Null (default) for none. The trained model has the result as <see cref="VaryingFeatures"/>, and Describe gives the evidence. The needs are those of <see cref="VaryingFeatures"/>.</value>
    /// <remarks>A slope varies if this raises the log likelihood by more than half the logarithm of the number of tasks (Schwarz, Estimating the dimension of a model, 1978), for a diagonal covariance. If <see cref="VaryingFeatures"/> is null, features that are not named here vary.</remarks>
    public IReadOnlyList<string>? ChosenFeatures { get; set; }

    /// <summary>Whether the intercept varies over tasks.</summary>
    /// <value>Default true. If false, at least one feature must vary, with the same needs as <see cref="VaryingFeatures"/>.</value>
    public bool VaryingIntercept { get; set; } = true;

    /// <summary>Whether regression also gives the standard deviation of a label about its score.</summary>
    /// <value>Default true. A task then stores (embedding + 1)(embedding + 2) / 2 more numbers.</value>
    /// <remarks>
    /// A 90 % interval is Score ± 1.645 ScoreStandardDeviation. With <see cref="PriorNoise.PerTask"/> it is a little wider, since
    /// labels then have Student's t distribution.
    /// </remarks>
    public bool PredictiveDeviation { get; set; } = true;

    /// <summary>The method that learns the prior.</summary>
    /// <value>Default <see cref="PriorFit.Auto"/>.</value>
    public PriorFit Fit { get; set; } = PriorFit.Auto;

    /// <summary>The largest number of steps of each search of empirical Bayes.</summary>
    /// <value>At least 1; default 200. <see cref="TrainingLoopOptions.MaximumNumberOfIterations"/> is a limit too if it is not 0, and <see cref="TrainingLoopOptions.MaximumTrainingTime"/> ends the search.</value>
    public int MaximumFitIterations { get; set; } = 200;

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) =>
        PredictsCounts(shape.Kind) || (shape.Kind != LabelKind.Regression && ClassLikelihood == ClassLikelihood.Logistic) ? new BayesianGeneralizedAdapter(shape, this)
        : shape.Kind == LabelKind.Regression && ValueLikelihood == ValueLikelihood.StudentT ? new BayesianRobustAdapter(shape, this)
        : new BayesianAdapter(shape, this);

    /// <inheritdoc/>
    public override bool GivesDeviation(LabelKind kind) => PredictiveDeviation && kind == LabelKind.Regression;

    /// <inheritdoc/>
    public override bool TakesCovariates() => true;

    /// <inheritdoc/>
    internal override bool TakesGroups() => true;

    /// <summary>Checks that the prior of tasks in groups can be learned.</summary>
    /// <param name="shape">The shape of heads.</param>
    /// <param name="fitsPrior">Whether empirical Bayes sets the prior.</param>
    /// <exception cref="ArgumentException">An option does not support groups.</exception>
    internal void CheckGroups(HeadShape shape, bool fitsPrior)
    {
        if (shape.GroupNames.Count == 0)
            return;
        if (!fitsPrior)
            throw OptionCheck.Error(this, nameof(Fit), "EmpiricalBayes if tasks are in groups", Fit, "The outer optimiser learns no priors of groups.", "Set Fit to EmpiricalBayes, or leave the groups out.");
        if (Noise == PriorNoise.PerTask)
            throw OptionCheck.Error(this, nameof(Noise), "Common if tasks are in groups", Noise, "The likelihood has no closed form.", "Leave Noise as it is, or leave the groups out.");
    }

    /// <inheritdoc/>
    internal override bool PredictsCounts(LabelKind kind) => kind == LabelKind.Regression && ValueLikelihood is ValueLikelihood.Poisson or ValueLikelihood.NegativeBinomial;

    /// <inheritdoc/>
    internal override bool IsCalibrated() => Shrinkage; // without shrinkage heads are those of the likelihood

    /// <summary>Whether some effects are the same for all tasks.</summary>
    internal bool HasFixedEffects() => VaryingFeatures is not null || !VaryingIntercept || ChosenFeatures is { Count: > 0 };

    /// <summary>The dimensions of a head that vary over tasks, ascending; the last dimension is the intercept.</summary>
    /// <exception cref="ArgumentException">A name is unknown, or the tasks have separate outputs.</exception>
    internal int[] VaryingDimensions(HeadShape shape)
    {
        if (!Shrinkage && !shape.HasCommonOutputs)
            throw OptionCheck.Error(this, nameof(Shrinkage), "true if each task has its own classes", Shrinkage, "There is no common mean whose likelihood could be maximised.", "Set ClassSets to Common, or leave Shrinkage as it is.");
        int[] all = [.. Enumerable.Range(0, shape.EmbeddingDimension + 1)];
        if (!HasFixedEffects())
            return all;
        if (!shape.HasCommonOutputs)
            throw OptionCheck.Error(this, nameof(VaryingFeatures), "null, and VaryingIntercept true, if each task has its own classes", "fixed effects", "A fixed effect on a class would have no meaning in other tasks.", "Set ClassSets to Common, or let all effects vary.");
        if ((VaryingFeatures ?? []).Concat(ChosenFeatures ?? []).FirstOrDefault(name => !shape.InputNames.Contains(name)) is { } unknown)
            throw OptionCheck.Error(this, nameof(VaryingFeatures), $"slot names of the feature column ({(shape.InputNames.Count == 0 ? "it has none" : NameList.Of(shape.InputNames))})", $"'{unknown}'", "The slope that varies is unknown.", "Make the feature column by Concatenate, which names its slots.");
        return [.. all.Where(j => j < shape.EmbeddingDimension ? VaryingFeatures?.Contains(shape.InputNames[j]) != false || ChosenFeatures?.Contains(shape.InputNames[j]) == true : VaryingIntercept)];
    }

    /// <inheritdoc/>
    public override void Validate(EncoderOptions encoder)
    {
        if (HasFixedEffects() && encoder is not IdentityEncoderOptions)
            throw OptionCheck.Error(this, nameof(VaryingFeatures), "null, and VaryingIntercept true, unless Encoder is IdentityEncoderOptions", encoder.GetType().Name, "An encoder mixes the features, so that its slopes have no names.", "Set Encoder to IdentityEncoderOptions.");
    }

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        if (VaryingFeatures is not null)
        {
            foreach (string name in VaryingFeatures)
                OptionCheck.NotNull(this, nameof(VaryingFeatures), name);
            if (VaryingFeatures.Count == 0 && !VaryingIntercept)
                throw OptionCheck.Error(this, nameof(VaryingFeatures), "null or not empty if VaryingIntercept is false", "none", "Tasks would not differ.", "Name a feature, or let the intercept vary.");
        }

        foreach (string name in ChosenFeatures ?? [])
            OptionCheck.NotNull(this, nameof(ChosenFeatures), name);
        if (ValueLikelihood == ValueLikelihood.StudentT && kind == LabelKind.Regression && !Shrinkage)
            throw OptionCheck.Error(this, nameof(ValueLikelihood), "Gaussian, Poisson or NegativeBinomial where Shrinkage is false", ValueLikelihood, "The likelihood of Student's t has no closed form that could be maximised.", "Leave Shrinkage as it is.");
        if (Fit == PriorFit.Gradient && (HasFixedEffects() || !Shrinkage))
            throw OptionCheck.Error(this, nameof(Fit), "Auto or EmpiricalBayes where effects are fixed or Shrinkage is false", Fit, "The outer optimiser maximises no likelihood.", "Let Fit be EmpiricalBayes.");
        if (ClassLikelihood == ClassLikelihood.Logistic && kind == LabelKind.Multiclass && !Shrinkage)
            throw OptionCheck.Error(this, nameof(ClassLikelihood), "Gaussian where Shrinkage is false and labels are multiclass", ClassLikelihood, "The maximum of the likelihood is found for two classes.", "Leave Shrinkage as it is.");
        if (PredictsCounts(kind) && Noise == PriorNoise.PerTask)
            throw OptionCheck.Error(this, nameof(Noise), "Common if labels are counts", Noise, "The variance of a count follows from its mean.", "Set ValueLikelihood to NegativeBinomial for a larger variance.");
        OptionCheck.Defined(this, nameof(Covariance), Covariance);
        OptionCheck.Defined(this, nameof(ClassLikelihood), ClassLikelihood);
        OptionCheck.Defined(this, nameof(ValueLikelihood), ValueLikelihood);
        OptionCheck.Defined(this, nameof(Fit), Fit);
        OptionCheck.Defined(this, nameof(Noise), Noise);
        OptionCheck.AtLeast<int>(this, nameof(MaximumFitIterations), MaximumFitIterations, 1);
        if (Covariance is PriorCovariance.Full or PriorCovariance.OneFactor && Fit == PriorFit.Gradient)
            throw OptionCheck.Error(this, nameof(Covariance), "Auto or Diagonal where Fit is Gradient", Covariance, "The outer optimiser learns variances alone.", "Let Fit be HeadPrior.");
        if (Noise == PriorNoise.PerTask && Fit == PriorFit.Gradient)
            throw OptionCheck.Error(this, nameof(Noise), "Common where Fit is Gradient", Noise, "The outer optimiser learns one noise for all tasks.", "Let Fit be HeadPrior.");
    }
}
