using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A row with every kind of label.</summary>
public sealed class TaskRow
{
    public const int FeatureCount = 6;

    public string Task { get; set; } = "";

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public bool Answer { get; set; }

    public string Class { get; set; } = "";

    public float Value { get; set; }

    public float Count { get; set; }

    public float Weight { get; set; } = 1;
}
