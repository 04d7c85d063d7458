using System.Text.Json.Serialization;
using MetaML.Adapters;
using MetaML.Episodes;
using MetaML.Options;

namespace MetaML;

/// <summary>The adapter to meta-learn, and its options.</summary>
/// <remarks>
/// Saved models hold the options as JSON, with a saved name. An adapter of another assembly gets its saved name from
/// <see cref="Register"/>. JSON must preserve the value of each property. A property that is added later must have a default
/// that keeps the behaviour of older models.
/// </remarks>
[JsonConverter(typeof(NamedOptionsConverter<AdapterOptions>))]
public abstract record AdapterOptions
{
    /// <summary>Registers an options type of another assembly, so that models with these options can be saved and loaded.</summary>
    /// <typeparam name="TOptions">The options type.</typeparam>
    /// <param name="name">The name in saved models, which must never change. It must contain a dot, for example "contoso.nearest".</param>
    /// <remarks>Call this method when the program starts, before training and loading. A second call with the same arguments has no effect.</remarks>
    /// <exception cref="ArgumentException">The name has no dot, or the name or the type is already registered.</exception>
    public static void Register<TOptions>(string name)
        where TOptions : AdapterOptions => OptionNames.Register(typeof(AdapterOptions), typeof(TOptions), name);

    /// <summary>Creates the adapter.</summary>
    /// <param name="shape">The shape of its heads.</param>
    public abstract IAdapter Create(HeadShape shape);

    /// <summary>The sampler of training episodes, made from the sampler of evaluation episodes.</summary>
    internal virtual IEpisodeSampler Training(IEpisodeSampler sampler) => sampler;

    /// <summary>Whether each head has a standard deviation of labels about their scores (<see cref="Heads.LinearHead.PredictiveVariance"/>).</summary>
    /// <param name="kind">The kind of label; the column ScoreStandardDeviation exists for regression.</param>
    /// <returns>Default false. If true, the adapter must implement <see cref="Adapters.IManagedAdapter"/> and set the property in every head.</returns>
    public virtual bool GivesDeviation(LabelKind kind) => false;

    /// <summary>Whether labels are counts: the scores of heads are then logarithms of rates, and labels are not standardised.</summary>
    /// <param name="kind">The kind of label.</param>
    internal virtual bool PredictsCounts(LabelKind kind) => false;

    /// <summary>Whether the prior of a task can depend on the groups that it is in.</summary>
    internal virtual bool TakesGroups() => false;

    /// <summary>The encoders for tabular features among which the data choose if the user has set none, the simplest first. Those without <see cref="MlpEncoderOptions.HiddenUnits"/> are linear.</summary>
    internal virtual IReadOnlyList<EncoderOptions> CandidateEncoders() => [new IdentityEncoderOptions(), new MlpEncoderOptions { LinearPath = true }, new MlpEncoderOptions()];

    /// <summary>Whether the adapter also learns a single task.</summary>
    internal virtual bool LearnsOneTask() => false;

    /// <summary>Whether scores of binary heads are calibrated on held-out tasks.</summary>
    internal virtual bool IsCalibrated() => true;

    /// <summary>Whether the mean of the prior can depend on covariates of the tasks: see <see cref="HeadShape.CovariateCount"/>.</summary>
    /// <returns>Default false. If true, a task without rows gets a head that depends on its covariates.</returns>
    public virtual bool TakesCovariates() => false;

    /// <summary>Checks the options, and that the adapter supports this kind of label.</summary>
    /// <exception cref="ArgumentException">An option is outside its range, or the adapter does not support the kind.</exception>
    public virtual void Validate(LabelKind kind)
    {
    }

    /// <summary>Checks that the encoder has the parameters that the adapter changes.</summary>
    /// <exception cref="ArgumentException">The encoder lacks them.</exception>
    public virtual void Validate(EncoderOptions encoder)
    {
    }
}
