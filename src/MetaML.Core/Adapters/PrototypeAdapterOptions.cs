namespace MetaML.Adapters;

/// <summary>Prototypical networks: each class is the mean of its support embeddings, and a row belongs to the nearest.</summary>
/// <remarks>For binary and multiclass labels. See <see cref="PrototypeAdapter"/>.</remarks>
public sealed record PrototypeAdapterOptions : AdapterOptions
{
    internal override IAdapter Create(HeadShape shape) => new PrototypeAdapter(shape);
}
