using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Scoring;

/// <summary>A meta-learner without its numbers: what it learns from and to, and by which encoder and adapter.</summary>
internal sealed class MetaModelDesign
{
    public MetaModelDesign(LabelKind kind, int featureCount, int? commonOutputs, EncoderOptions encoderOptions, AdapterOptions adapterOptions)
    {
        EncoderOptions = encoderOptions.Saved;
        AdapterOptions = adapterOptions;
        IEncoder encoder = encoderOptions.Create(featureCount);
        Encoder = encoderOptions.IsFrozen ? new PresetEncoder(encoder, (spec, _) => spec with { IsTrained = false }) : encoder;
        Head = new HeadShape(kind, Encoder.EmbeddingDimension, commonOutputs) { EncoderParameters = Encoder.Parameters };
        Adapter = adapterOptions.Create(Head);
    }

    public EncoderOptions EncoderOptions { get; }

    public AdapterOptions AdapterOptions { get; }

    public IEncoder Encoder { get; }

    public HeadShape Head { get; }

    public IAdapter Adapter { get; }
}
