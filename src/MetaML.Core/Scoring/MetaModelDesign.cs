using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Scoring;

/// <summary>A meta-learner without its numbers: what it learns from and to, and by which encoder and adapter.</summary>
internal sealed class MetaModelDesign
{
    public MetaModelDesign(LabelKind kind, int featureCount, int? commonOutputs, EncoderOptions encoderOptions, AdapterOptions adapterOptions)
    {
        EncoderOptions = encoderOptions;
        AdapterOptions = adapterOptions;
        Encoder = encoderOptions.Create(featureCount);
        Head = new HeadShape(kind, Encoder.EmbeddingDimension, commonOutputs) { EncoderParameters = Encoder.Parameters };
        Adapter = adapterOptions.Create(Head);
    }

    public EncoderOptions EncoderOptions { get; }

    public AdapterOptions AdapterOptions { get; }

    public IEncoder Encoder { get; }

    public HeadShape Head { get; }

    public IAdapter Adapter { get; }
}
