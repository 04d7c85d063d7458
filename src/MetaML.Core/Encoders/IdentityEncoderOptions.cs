using MetaML.Encoders;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>No encoder: the embedding is the features, as the earlier steps of the pipeline made them.</summary>
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
