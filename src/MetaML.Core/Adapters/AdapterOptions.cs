using System.Text.Json.Serialization;
using MetaML.Adapters;
using MetaML.Episodes;
using MetaML.Options;

namespace MetaML;

/// <summary>Which adapter to meta-learn, and how it adapts.</summary>
/// <remarks>
/// Saved models hold the options as JSON, under a name: that of <see cref="SavedNameAttribute"/>, or for another assembly's
/// adapter the one given to <see cref="Register"/>. A property's value must survive this. The default of a property that is
/// added later must be the behaviour before.
/// </remarks>
[JsonConverter(typeof(NamedOptionsConverter<AdapterOptions>))]
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

    /// <summary>How episodes are drawn to train on, given how they are drawn to evaluate by.</summary>
    internal virtual IEpisodeSampler Training(IEpisodeSampler sampler) => sampler;

    /// <summary>Whether each head also has the standard deviation of labels about their scores (<see cref="Heads.LinearHead.PredictiveVariance"/>).</summary>
    /// <param name="kind">The kind of label; the column ScoreStandardDeviation exists for regression.</param>
    /// <returns>Default false. If true, the adapter must implement <see cref="Adapters.IManagedAdapter"/> and set the property in every head.</returns>
    public virtual bool GivesDeviation(LabelKind kind) => false;

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
