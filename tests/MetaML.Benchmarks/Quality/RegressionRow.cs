using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>A row of a regression task.</summary>
internal sealed class RegressionRow
{
    public string Task { get; set; } = "";

    [VectorType]
    public float[] Features { get; set; } = [];

    public float Label { get; set; }
}
