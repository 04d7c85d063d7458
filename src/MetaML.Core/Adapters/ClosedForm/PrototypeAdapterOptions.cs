using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Options;

namespace MetaML;

/// <summary>Distance to each class's mean embedding, with a meta-learned temperature.</summary>
/// <remarks>For binary and multiclass labels. See <see cref="PrototypeAdapter"/>.</remarks>
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
