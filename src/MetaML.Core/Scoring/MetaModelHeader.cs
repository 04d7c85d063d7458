using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Tasks;

namespace MetaML.Scoring;

/// <summary>The part of a saved model that says what its numbers mean.</summary>
internal sealed record MetaModelHeader
{
    public required LabelKind Kind { get; init; }

    public required int FeatureCount { get; init; }

    public required int? CommonOutputs { get; init; }

    public required EncoderOptions Encoder { get; init; }

    public required AdapterOptions Adapter { get; init; }

    public required double LabelMean { get; init; }

    public required double LabelDeviation { get; init; }

    public required bool IsScaled { get; init; }

    public required bool IsShifted { get; init; }
}
