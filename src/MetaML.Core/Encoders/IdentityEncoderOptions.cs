using MetaML.Parameters;

namespace MetaML.Encoders;

/// <summary>The features are the embedding, as made by an earlier step of the pipeline.</summary>
public sealed record IdentityEncoderOptions : EncoderOptions
{
    internal override IEncoder Create(int featureCount) => new IdentityEncoder(featureCount);

    internal override void Validate()
    {
    }

    internal override bool Has(ParameterRole role) => false;
}
