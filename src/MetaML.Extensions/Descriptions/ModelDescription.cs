using MetaML.Extensions.Descriptions;
using MetaML.Models;

namespace MetaML;

/// <summary>Describes a fitted or loaded model: its encoder, its outputs and its tasks. <see cref="ToString"/> gives the description as text.</summary>
public sealed record ModelDescription
{
    /// <summary>The options of the encoder that all tasks share, as they were set or chosen from the data.</summary>
    public required EncoderOptions Encoder { get; init; }

    /// <summary>Number of features of a row.</summary>
    public required int FeatureCount { get; init; }

    /// <summary>Length of an embedding.</summary>
    public required int EmbeddingDimension { get; init; }

    /// <summary>One description for each label column. A multi-output model has several.</summary>
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
