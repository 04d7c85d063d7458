using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Options;

namespace MetaML;

/// <summary>Prototypes: a class's score is the negative squared distance to its mean embedding, times a meta-learned temperature.</summary>
/// <remarks>For binary and multiclass labels. Source: Snell et al., Prototypical Networks for Few-shot Learning, 2017, arXiv 1703.05175.</remarks>
[SavedName("prototype")]
public sealed record PrototypeAdapterOptions : AdapterOptions
{
    /// <inheritdoc/>
    public override IAdapter Create(HeadShape shape) => new PrototypeAdapter(shape);

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        if (kind == LabelKind.Regression)
            throw new ArgumentException("PrototypeAdapterOptions must be used with classes; got regression labels. A prototype is the mean of a class. Use RidgeAdapterOptions or GradientAdapterOptions.");
    }
}
