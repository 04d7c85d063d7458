using System.Text.Json.Serialization;

namespace MetaML.Adapters;

/// <summary>Which adapter to meta-learn, and how it adapts.</summary>
/// <remarks>The names below are written into saved models. A new adapter is one class, its options, and one row here.</remarks>
[JsonDerivedType(typeof(PrototypeAdapterOptions), "prototype")]
[JsonDerivedType(typeof(RidgeAdapterOptions), "ridge")]
public abstract record AdapterOptions
{
    internal abstract IAdapter Create(HeadShape shape);

    internal virtual void Validate()
    {
    }
}
