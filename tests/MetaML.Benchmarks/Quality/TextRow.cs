namespace MetaML.Benchmarks.Quality;

/// <summary>A short text of a few-shot task.</summary>
internal sealed class TextRow : ILabeledRow
{
    public string Task { get; set; } = "all";

    public string Class { get; set; } = "";

    public string Text { get; set; } = "";
}
