using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Options;

namespace MetaML;

/// <summary>Ridge regression on the support embeddings, in closed form, towards a meta-learned head.</summary>
/// <remarks>
/// For every kind of label. The head W minimises Σᵢ sᵢ‖yᵢ − (zᵢ, 1)W‖² plus the penalty on its distance from the meta-learned
/// head; s are the example weights. For classes, a meta-learned factor scales the scores. Source: Bertinetto et al.,
/// Meta-learning with differentiable closed-form solvers, 2019, arXiv 1805.08136.
/// </remarks>
/// <example>
/// <code>
/// var trainer = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Adapter = new RidgeAdapterOptions { InitialPenalty = 10 } });
/// </code>
/// </example>
[SavedName("ridge")]
public sealed record RidgeAdapterOptions : AdapterOptions
{
    /// <summary>Initial value of the penalties on slopes and on the intercept. Training changes both.</summary>
    /// <value>Positive; default 1.</value>
    public double InitialPenalty { get; set; } = 1;

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) => new RidgeAdapter(shape, this);

    /// <inheritdoc/>
    public override bool TakesCovariates() => true;

    /// <inheritdoc/>
    public override void Validate(LabelKind kind) => OptionCheck.Positive(this, nameof(InitialPenalty), InitialPenalty);
}
