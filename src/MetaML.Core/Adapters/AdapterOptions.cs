using System.Text.Json.Serialization;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>Which adapter to meta-learn, and how it adapts.</summary>
/// <remarks>The names below are written into saved models. A new adapter is one class, its options, and one row here.</remarks>
[JsonDerivedType(typeof(PrototypeAdapterOptions), "prototype")]
[JsonDerivedType(typeof(RidgeAdapterOptions), "ridge")]
[JsonDerivedType(typeof(LogisticAdapterOptions), "logistic")]
[JsonDerivedType(typeof(GradientAdapterOptions), "gradient")]
[JsonDerivedType(typeof(BayesianAdapterOptions), "bayesian")]
public abstract record AdapterOptions
{
    internal abstract IAdapter Create(HeadShape shape);

    /// <summary>How episodes are drawn to train on, given how they are drawn to judge by.</summary>
    internal virtual IEpisodeSampler Training(IEpisodeSampler sampler) => sampler;

    /// <summary>Checks the options, and that the adapter serves this kind of label.</summary>
    internal virtual void Validate(LabelKind kind)
    {
    }

    /// <summary>Checks that the encoder has what the adapter changes.</summary>
    internal virtual void Validate(EncoderOptions encoder)
    {
    }
}
