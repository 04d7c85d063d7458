using Microsoft.ML.Data;

namespace Text;

/// <summary>A message and its intent.</summary>
internal sealed record Message
{
    [LoadColumn(0)]
    public string Text { get; set; } = "";

    [LoadColumn(1)]
    public string Intent { get; set; } = "";

    /// <summary>The kind of intents that the message belongs to; empty if there is only one kind.</summary>
    [LoadColumn(2)]
    public string Task { get; set; } = "";
}
