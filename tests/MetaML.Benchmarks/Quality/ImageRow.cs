using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>An image of a few-shot task.</summary>
internal sealed class ImageRow : ILabeledRow
{
    public const int Side = 28;

    public string Task { get; set; } = "all";

    public string Class { get; set; } = "";

    [VectorType(Side * Side)]
    public float[] Features { get; set; } = [];
}
