using System.Text.Json.Serialization;
using MetaML.Data;
using MetaML.Encoders;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>The encoder to train, and its options.</summary>
/// <remarks>Saved models hold the options as JSON, with a saved name. An encoder of another assembly gets its saved name from <see cref="Register"/>.</remarks>
[JsonConverter(typeof(NamedOptionsConverter<EncoderOptions>))]
public abstract record EncoderOptions
{
    /// <summary>Whether features are scaled to mean 0 and standard deviation 1 over the training rows before the encoder. Sparse features are scaled to the same mean square, and zero stays zero.</summary>
    /// <value>Default true. It does no harm after a normaliser in the pipeline.</value>
    public bool StandardizeInputs { get; set; } = true;

    /// <summary>Whether the encoder keeps its initial parameters, so that training changes only the adapter.</summary>
    /// <value>Default false. Useful with <see cref="PretrainedEncoderOptions"/>; other encoders would remain random maps.</value>
    public bool IsFrozen { get; set; }

    /// <summary>Whether all features share one mean and one deviation in standardisation.</summary>
    internal virtual bool StandardizesUniformly => false;

    /// <summary>Whether rows must be stored dense, even if most features are zero.</summary>
    internal virtual bool NeedsDense => false;

    /// <summary>Whether a row has the same embedding in training and in scoring, because there is no augmentation and no dropout.</summary>
    internal virtual bool EmbedsAlike => false;

    /// <summary>Whether the parameters are fitted in closed form, and gradient steps must not change them.</summary>
    internal virtual bool IsFitted => false;

    /// <summary>The options for the steps and validations of a training. They may save time with embeddings that differ slightly from those of scoring.</summary>
    internal virtual EncoderOptions InTraining => this;

    /// <summary>The options that a model with this encoder is saved with.</summary>
    internal virtual EncoderOptions Saved => this;

    /// <summary>Registers an options type of another assembly, so that models with these options can be saved and loaded.</summary>
    /// <typeparam name="TOptions">The options type.</typeparam>
    /// <param name="name">The name in saved models, which must never change. It must contain a dot, for example "contoso.wavelets".</param>
    /// <remarks>Call this method when the program starts, before training and loading. A second call with the same arguments has no effect.</remarks>
    /// <exception cref="ArgumentException">The name has no dot, or the name or the type is already registered.</exception>
    public static void Register<TOptions>(string name)
        where TOptions : EncoderOptions => OptionNames.Register(typeof(EncoderOptions), typeof(TOptions), name);

    /// <summary>Creates the encoder.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    /// <exception cref="ArgumentException">The encoder does not support this number of features.</exception>
    public abstract IEncoder Create(int featureCount);

    /// <summary>The scaling of features before the encoder; null for none.</summary>
    internal virtual FeatureScaling? Scaling(MeasuredFeatures features) => !StandardizeInputs ? null : StandardizesUniformly ? features.Together : features.Each;

    /// <summary>The normalisation of rows, if they are drawings that are normalised before the encoder; else null.</summary>
    /// <param name="featureCount">Number of features of a row.</param>
    internal virtual DrawingNormalization? Drawings(int featureCount) => null;

    /// <summary>Computes initial values from the training tasks instead of random ones.</summary>
    /// <param name="values">The parameters in the encoder's order; values may be overwritten.</param>
    /// <param name="problems">The training tasks without validation data, with standardised labels. Created when they are enumerated.</param>
    /// <param name="scaling">The scaling of features before the encoder; null for none.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="endsNow">Whether a search must end with its best result so far.</param>
    internal virtual void FitParameters(IReadOnlyList<ParameterArray> values, IEnumerable<TaskSet> problems, FeatureScaling? scaling, Random random, Func<bool> endsNow)
    {
    }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public abstract void Validate();

    /// <summary>Whether the encoder has parameters of this role.</summary>
    /// <param name="role">The role. Gradient adapters may change parameters of some roles.</param>
    public virtual bool Has(ParameterRole role) => true;

    /// <summary>The same options, with unset ones filled in from the use of the model and from the rows.</summary>
    /// <param name="isForNewClasses">Whether the model is to tell classes apart that it was not trained on, by embeddings that do not depend on the task.</param>
    /// <param name="keepsCovariances">Whether each task has the square of an embedding in values.</param>
    /// <param name="features">The training rows.</param>
    internal virtual EncoderOptions For(bool isForNewClasses, bool keepsCovariances, FeatureStore features) => this;

    /// <summary>The same options, with unset ones filled in from the dimensions of the feature column.</summary>
    internal virtual EncoderOptions WithShape(IReadOnlyList<int> dimensions) => this;
}
