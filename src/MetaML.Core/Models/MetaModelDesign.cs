using MetaML.Adapters;
using MetaML.Encoders;

namespace MetaML.Models;

/// <summary>A meta-learner without parameter values: label kind, number of features, encoder and adapter.</summary>
internal sealed class MetaModelDesign
{
    public MetaModelDesign(
        LabelKind kind, int featureCount, int? commonOutputs, EncoderOptions encoderOptions, AdapterOptions adapterOptions, IReadOnlyList<string>? featureNames = null, IReadOnlyList<string>? covariateNames = null, IReadOnlyList<string>? groupNames = null)
    {
        FeatureNames = featureNames ?? [];
        CovariateNames = covariateNames ?? [];
        EncoderOptions = encoderOptions.Saved;
        AdapterOptions = adapterOptions;
        IEncoder encoder = encoderOptions.Create(featureCount);
        Encoder = encoderOptions.IsFrozen ? new PresetEncoder(encoder, (spec, _) => spec with { IsTrained = false }) : encoder;
        Head = new HeadShape(kind, Encoder.EmbeddingDimension, commonOutputs) 
        {
            EncoderParameters = Encoder.Parameters,
            CovariateCount = CovariateNames.Count,
            GroupNames = groupNames ?? [],
            InputNames = encoderOptions is IdentityEncoderOptions ? FeatureNames : [],
        };
        Adapter = adapterOptions.Create(Head);
        if (GivesDeviation && Adapter is not IManagedAdapter)
            throw new ArgumentException($"{adapterOptions.GetType().Name}.{nameof(AdapterOptions.GivesDeviation)} must be false unless the adapter implements IManagedAdapter; got true, and {Adapter.GetType().Name} does not. Only IManagedAdapter.Adapt returns a head with a deviation. Implement it, or do not override {nameof(AdapterOptions.GivesDeviation)}.");
    }

    // The design for embedded rows.
    private MetaModelDesign(MetaModelDesign original)
    {
        (FeatureNames, CovariateNames) = (original.FeatureNames, original.CovariateNames);
        EncoderOptions = new IdentityEncoderOptions { StandardizeInputs = false };
        AdapterOptions = original.AdapterOptions;
        Encoder = new IdentityEncoder(original.Encoder.EmbeddingDimension) { MultiplicationsPerRow = original.Encoder.MultiplicationsPerRow };
        Head = original.Head with { EncoderParameters = [] };
        Adapter = AdapterOptions.Create(Head);
    }

    public EncoderOptions EncoderOptions { get; }

    public AdapterOptions AdapterOptions { get; }

    /// <summary>The names of the features; empty if they have none.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>The names of the covariates of tasks; empty if there are none.</summary>
    public IReadOnlyList<string> CovariateNames { get; }

    public IEncoder Encoder { get; }

    public HeadShape Head { get; }

    public IAdapter Adapter { get; }

    /// <summary>The adapter if it changes the encoder without libtorch; else null.</summary>
    public IManagedEncoderAdapter? EncoderAdapter => Encoder.MlpShape is null ? null : Adapter as IManagedEncoderAdapter;

    /// <summary>Whether adapted heads have a predictive variance.</summary>
    public bool GivesDeviation => AdapterOptions.GivesDeviation(Head.Kind);

    /// <summary>Whether labels are counts.</summary>
    public bool PredictsCounts => AdapterOptions.PredictsCounts(Head.Kind);

    /// <summary>Whether embeddings are constant during training, so that rows need to be embedded only once.</summary>
    public bool IsOfFixedEmbeddings => EncoderOptions.EmbedsAlike && Encoder.Parameters.All(spec => !spec.IsTrained) && Adapter is IManagedAdapter;

    /// <summary>The same adapter for embedded rows.</summary>
    public MetaModelDesign OnEmbeddings() => new(this);
}
