using MetaML.Adapters;
using MetaML.Adapters.Logistic;
using MetaML.Options;

namespace MetaML;

/// <summary>Logistic regression on the support embeddings, fitted to convergence, towards a meta-learned head.</summary>
/// <remarks>
/// For binary and multiclass labels. The head minimises the cross-entropy of the support plus the penalty on its distance from
/// the meta-learned head. Sources: Bertinetto et al., Meta-learning with differentiable closed-form solvers, 2019, arXiv
/// 1805.08136; Rajeswaran et al., Meta-Learning with Implicit Gradients, 2019, arXiv 1909.04630.
/// </remarks>
[SavedName("logistic")]
public sealed record LogisticAdapterOptions : AdapterOptions
{
    /// <summary>Initial value of the penalties on slopes and on the intercept. Training changes both.</summary>
    /// <value>Positive; default 1.</value>
    public double InitialPenalty { get; set; } = 1;

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) => new LogisticAdapter(shape, this);

    /// <inheritdoc/>
    public override bool TakesCovariates() => true;

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        if (kind == LabelKind.Regression)
            throw LogisticAdapter.NotForValues(nameof(LogisticAdapterOptions));
        OptionCheck.Positive(this, nameof(InitialPenalty), InitialPenalty);
    }
}
