namespace MetaML.Benchmarks.Quality;

/// <summary>A row of a table with classes. The number of features is that of the table.</summary>
internal sealed class TableRow : ILabeledRow
{
    public string Task { get; set; } = "all";

    public string Class { get; set; } = "";

    public float[] Features { get; set; } = [];
}
