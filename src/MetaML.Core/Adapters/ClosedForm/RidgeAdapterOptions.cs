using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Options;

namespace MetaML;

/// <summary>Ridge regression on the support embeddings, in closed form, towards a meta-learned head.</summary>
/// <remarks>For every kind of label. See <see cref="RidgeAdapter"/>.</remarks>
[SavedName("ridge")]
public sealed record RidgeAdapterOptions : AdapterOptions
{
    /// <summary>Initial value of the penalty on slopes; it is learned from there.</summary>
    /// <value>Positive; default 1.</value>
    public double InitialPenalty { get; set; } = 1;

    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) => new RidgeAdapter(shape, this);

    /// <inheritdoc/>
    public override void Validate(LabelKind kind) => OptionCheck.Positive(this, nameof(InitialPenalty), InitialPenalty);
}
