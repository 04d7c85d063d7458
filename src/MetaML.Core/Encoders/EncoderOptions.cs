using System.Text.Json.Serialization;
using MetaML.Data;
using MetaML.Encoders;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>Which encoder to train, and how it is built.</summary>
/// <remarks>Saved models hold the options as JSON, under a name: that of <see cref="SavedNameAttribute"/>, or for another assembly's encoder the one given to <see cref="Register"/>.</remarks>
[JsonConverter(typeof(NamedOptionsConverter<EncoderOptions>))]
public abstract record EncoderOptions
{
    /// <summary>Bring features to mean 0 and standard deviation 1 over the training rows before they are encoded (sparse features: to the same mean square, zero staying zero).</summary>
    /// <value>Default true; harmless after a normaliser in the pipeline.</value>
    public bool StandardizeInputs { get; set; } = true;

    /// <summary>Leave the parameters as they are at first: only the adapter learns.</summary>
    /// <value>Default false. Of use with <see cref="PretrainedEncoderOptions"/>; without it, the encoder is a random map.</value>
    public bool IsFrozen { get; set; }

    /// <summary>Whether features are standardised together rather than each by itself.</summary>
    internal virtual bool StandardizesUniformly => false;

    /// <summary>Whether rows must be kept dense, however few of their features are not zero.</summary>
    internal virtual bool NeedsDense => false;

    /// <summary>Whether a row's embedding is the same while training as it is when scored: neither augmentation nor dropout varies it.</summary>
    internal virtual bool EmbedsAlike => false;

    /// <summary>What a model with this encoder is saved with.</summary>
    internal virtual EncoderOptions Saved => this;

    /// <summary>Makes options of another assembly known, so that models with them can be saved and loaded.</summary>
    /// <typeparam name="TOptions">The options.</typeparam>
    /// <param name="name">What saved models know them by, for ever; must hold a dot, as in "contoso.wavelets".</param>
    /// <remarks>Call it when the program starts: before training, and before loading. Calling it again changes nothing.</remarks>
    /// <exception cref="ArgumentException">The name has no dot, or it or the type is taken.</exception>
    public static void Register<TOptions>(string name)
        where TOptions : EncoderOptions => OptionNames.Register(typeof(EncoderOptions), typeof(TOptions), name);

    /// <summary>The encoder.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <exception cref="ArgumentException">There cannot be this many.</exception>
    public abstract IEncoder Create(int featureCount);

    /// <summary>The last step before the encoder; null for none.</summary>
    internal virtual FeatureScaling? Scaling(MeasuredFeatures features) => !StandardizeInputs ? null : StandardizesUniformly ? features.Together : features.Each;

    /// <summary>Sets initial values that come from the training tasks rather than from chance.</summary>
    /// <param name="values">In the encoder's order; may be overwritten.</param>
    /// <param name="problems">The tasks, with nothing that is held out and labels as they are learned; made when they are asked for.</param>
    /// <param name="scaling">The last step before the encoder; null for none.</param>
    /// <param name="random">The only source of randomness.</param>
    internal virtual void FitParameters(IReadOnlyList<ParameterArray> values, IEnumerable<TaskSet> problems, FeatureScaling? scaling, Random random)
    {
    }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public abstract void Validate();

    /// <summary>Whether the encoder will have parameters of this role.</summary>
    /// <param name="role">What gradient adapters may change.</param>
    public virtual bool Has(ParameterRole role) => true;

    /// <summary>The same options with what they leave open taken from the feature column's dimensions.</summary>
    internal virtual EncoderOptions WithShape(IReadOnlyList<int> dimensions) => this;
}
