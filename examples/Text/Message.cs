using Microsoft.ML.Data;

namespace Text;

/// <summary>A message and what it wants.</summary>
internal sealed record Message
{
    [LoadColumn(0)]
    public string Text { get; set; } = "";

    [LoadColumn(1)]
    public string Intent { get; set; } = "";

    /// <summary>Whose intents they are; empty where all are of one kind.</summary>
    [LoadColumn(2)]
    public string Task { get; set; } = "";
}
