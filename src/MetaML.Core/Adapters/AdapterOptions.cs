using System.Text.Json.Serialization;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Adapters;

/// <summary>Which adapter to meta-learn, and how it adapts.</summary>
/// <remarks>
/// The names below are written into saved models. A new adapter is one class, its options, and one row here; an adapter of
/// another assembly is registered instead, by <see cref="Register"/>. Options are written as JSON: their properties must
/// survive that, and a property that is added later must default to what was done before.
/// </remarks>
[JsonDerivedType(typeof(PrototypeAdapterOptions), "prototype")]
[JsonDerivedType(typeof(RidgeAdapterOptions), "ridge")]
[JsonDerivedType(typeof(LogisticAdapterOptions), "logistic")]
[JsonDerivedType(typeof(GradientAdapterOptions), "gradient")]
[JsonDerivedType(typeof(BayesianAdapterOptions), "bayesian")]
public abstract record AdapterOptions
{
    /// <summary>Makes options of another assembly known, so that models with them can be saved and loaded.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="name">What saved models know them by, for ever; must hold a dot, as in "contoso.nearest".</param>
    /// <remarks>Call it when the program starts: before training, and before loading. Calling it again changes nothing.</remarks>
    /// <exception cref="ArgumentException">The name has no dot, or it or the type is taken.</exception>
    public static void Register<TOptions>(string name)
        where TOptions : AdapterOptions => OptionNames.Register(typeof(AdapterOptions), typeof(TOptions), name);

    /// <summary>The adapter.</summary>
    /// <param name="shape">What its heads map from and to.</param>
    public abstract IAdapter Create(HeadShape shape);

    /// <summary>How episodes are drawn to train on, given how they are drawn to judge by.</summary>
    internal virtual IEpisodeSampler Training(IEpisodeSampler sampler) => sampler;

    /// <summary>Whether heads say how far labels may lie from their scores.</summary>
    internal virtual bool GivesDeviation(LabelKind kind) => false;

    /// <summary>Checks the options, and that the adapter serves this kind of label.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or the kind is not served.</exception>
    public virtual void Validate(LabelKind kind)
    {
    }

    /// <summary>Checks that the encoder has what the adapter changes.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public virtual void Validate(EncoderOptions encoder)
    {
    }
}
