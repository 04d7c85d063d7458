using MetaML.Encoders;
using MetaML.Encoders.Projection;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>An encoder for features that are embeddings already, for example those of a pretrained sentence or image encoder: a linear map that starts at the identity, and embeddings of one length.</summary>
/// <remarks>
/// <para>z = √d · y / ‖y‖ with y = Wx + b, for d standardised features x. Only the direction of an embedding counts, as in cosine similarity, with which such encoders were trained. Training moves W away from the identity only as far as
/// validation tasks are better for it, so that what the pretrained encoder knows is kept. With <see cref="EncoderOptions.IsFrozen"/>, W stays the identity.
/// For dense features. Cost O(d²) for a row, and d² parameters.</para>
/// <para>Sources: cosine similarity in few-shot classification, Chen et al., A closer look at few-shot classification, 2019, arXiv 1904.04232; centred features of unit length, Wang et al., SimpleShot, 2019, arXiv 1911.04623;
/// a map that starts at the pretrained features, Gao et al., CLIP-Adapter, 2021, arXiv 2110.04544 (there with hidden units and a fixed share of the features).</para>
/// </remarks>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions { Encoder = new ProjectionEncoderOptions(), Adapter = new PrototypeAdapterOptions() };
/// ITransformer trained = ml.MulticlassClassification.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
[SavedName("projection")]
public sealed record ProjectionEncoderOptions : EncoderOptions
{
    private const int MaximumFeatures = 8192;

    internal override bool NeedsDense => true;

    internal override bool EmbedsAlike => true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There are more than 8,192 features.</exception>
    public override IEncoder Create(int featureCount) => featureCount <= MaximumFeatures
        ? new ProjectionEncoder(featureCount)
        : throw new ArgumentException($"ProjectionEncoderOptions must be used with at most {MaximumFeatures} features; got {featureCount}. The map has the square of their number. Reduce the features, for example by ml.Transforms.ProjectToPrincipalComponents.");

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => role is ParameterRole.Weight or ParameterRole.Bias;

    /// <inheritdoc/>
    public override void Validate()
    {
    }}
