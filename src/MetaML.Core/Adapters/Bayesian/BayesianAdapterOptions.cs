using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Options;

namespace MetaML;

/// <summary>Bayesian linear or logistic regression on the support embeddings, with a meta-learned prior.</summary>
/// <remarks>
/// For every kind of label. See <see cref="BayesianAdapter"/> and, for <see cref="ClassLikelihood.Logistic"/>,
/// <see cref="BayesianLogisticAdapter"/>. With <see cref="IdentityEncoderOptions"/> it is a linear learner without a network. This learner
/// needs no native library, trains in seconds, and is often the best on tabular tasks.
/// </remarks>
[SavedName("bayesian")]
public sealed record BayesianAdapterOptions : AdapterOptions
{
    /// <summary>The form of the covariance of heads over tasks.</summary>
    /// <value>Default <see cref="PriorCovariance.Auto"/>; <see cref="PriorCovariance.Full"/> and <see cref="PriorCovariance.OneFactor"/> need empirical Bayes.</value>
    public PriorCovariance Covariance { get; set; } = PriorCovariance.Auto;

    /// <summary>The distribution of class labels given the scores.</summary>
    /// <value>Default <see cref="ClassLikelihood.Gaussian"/>. Regression labels are always normal.</value>
    public ClassLikelihood ClassLikelihood { get; set; } = ClassLikelihood.Gaussian;

    /// <summary>Whether each task has its own noise variance. It affects the prior and <see cref="PredictiveDeviation"/>.</summary>
    /// <value>Default <see cref="PriorNoise.Common"/>; <see cref="PriorNoise.PerTask"/> needs empirical Bayes.</value>
    public PriorNoise Noise { get; set; } = PriorNoise.Common;

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
    public override IAdapter Create(HeadShape shape) => ClassLikelihood == ClassLikelihood.Logistic && shape.Kind != LabelKind.Regression
        ? new BayesianLogisticAdapter(shape, this)
        : new BayesianAdapter(shape, this);

    /// <inheritdoc/>
    public override bool GivesDeviation(LabelKind kind) => PredictiveDeviation && kind == LabelKind.Regression;

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        OptionCheck.Defined(this, nameof(Covariance), Covariance);
        OptionCheck.Defined(this, nameof(ClassLikelihood), ClassLikelihood);
        OptionCheck.Defined(this, nameof(Fit), Fit);
        OptionCheck.Defined(this, nameof(Noise), Noise);
        OptionCheck.AtLeast<int>(this, nameof(MaximumFitIterations), MaximumFitIterations, 1);
        if (Covariance is PriorCovariance.Full or PriorCovariance.OneFactor && Fit == PriorFit.Gradient)
            throw OptionCheck.Error(this, nameof(Covariance), "Auto or Diagonal where Fit is Gradient", Covariance, "The outer optimiser learns variances alone.", "Let Fit be HeadPrior.");
        if (Noise == PriorNoise.PerTask && Fit == PriorFit.Gradient)
            throw OptionCheck.Error(this, nameof(Noise), "Common where Fit is Gradient", Noise, "The outer optimiser learns one noise for all tasks.", "Let Fit be HeadPrior.");
    }
}
