using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>Bayesian linear regression on the support embeddings, with a meta-learned prior.</summary>
/// <remarks>
/// For every kind of label. See <see cref="BayesianAdapter"/>. With <see cref="Encoders.IdentityEncoderOptions"/> it is a
/// learner of its own that needs no native library and trains in a fraction of a second: hard to beat on tabular tasks.
/// </remarks>
public sealed record BayesianAdapterOptions : AdapterOptions
{
    /// <summary>What is learned about how heads vary from task to task.</summary>
    /// <value>Default <see cref="PriorCovariance.Diagonal"/>; <see cref="PriorCovariance.Full"/> needs empirical Bayes.</value>
    public PriorCovariance Covariance { get; set; } = PriorCovariance.Diagonal;

    /// <summary>How the prior is learned.</summary>
    /// <value>Default <see cref="PriorFit.Auto"/>.</value>
    public PriorFit Fit { get; set; } = PriorFit.Auto;

    /// <summary>The largest number of steps of expectation maximisation.</summary>
    /// <value>At least 1; default 200.</value>
    public int MaximumFitIterations { get; set; } = 200;

    internal override IAdapter Create(HeadShape shape) => new BayesianAdapter(shape, this);

    internal override void Validate(LabelKind kind)
    {
        OptionCheck.Defined(this, nameof(Covariance), Covariance);
        OptionCheck.Defined(this, nameof(Fit), Fit);
        OptionCheck.AtLeast<int>(this, nameof(MaximumFitIterations), MaximumFitIterations, 1);
        if (Covariance == PriorCovariance.Full && Fit == PriorFit.Gradient)
            throw OptionCheck.Error(this, nameof(Covariance), "Diagonal where Fit is Gradient", Covariance, "The outer optimiser learns variances alone.", "Let Fit be EmpiricalBayes.");
    }
}
