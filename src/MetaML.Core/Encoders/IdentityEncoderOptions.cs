using MetaML.Encoders;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>The features are the embedding, as made by an earlier step of the pipeline.</summary>
[SavedName("identity")]
public sealed record IdentityEncoderOptions : EncoderOptions
{
    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new IdentityEncoder(featureCount);

    /// <inheritdoc/>
    public override void Validate()
    {
    }

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => false;
}
