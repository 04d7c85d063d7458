using MetaML.Extensions.Descriptions;
using MetaML.Models;

namespace MetaML;

/// <summary>What a fitted or loaded model holds. Its text says so in words.</summary>
public sealed record ModelDescription
{
    /// <summary>The network that all tasks share, as it was chosen or set.</summary>
    public required EncoderOptions Encoder { get; init; }

    /// <summary>Number of features of a row.</summary>
    public required int FeatureCount { get; init; }

    /// <summary>Number of values of an embedding.</summary>
    public required int EmbeddingDimension { get; init; }

    /// <summary>What it holds for each label column: one, or of a multi-output model each.</summary>
    public required IReadOnlyList<OutputDescription> Outputs { get; init; }

    internal static ModelDescription Of(MetaModel encoder, IEnumerable<OutputDescription> outputs) => new()
    {
        Encoder = encoder.EncoderOptions with { },
        FeatureCount = encoder.FeatureCount,
        EmbeddingDimension = encoder.EmbeddingDimension,
        Outputs = [.. outputs],
    };

    /// <summary>The description as text, with the first twenty tasks of each output.</summary>
    public override string ToString() => DescriptionText.Of(this);
}
