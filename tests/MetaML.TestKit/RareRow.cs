using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A row of a task with rare positives, and the probability by which its label was drawn.</summary>
public sealed class RareRow
{
    public const int FeatureCount = 6;

    public string Task { get; set; } = "";

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    [NoColumn]
    public double Probability { get; set; }
}
