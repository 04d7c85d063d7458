namespace Text;

/// <summary>A message and what it was taken to want.</summary>
internal sealed class Answer
{
    public string Text { get; set; } = "";

    public string Predicted { get; set; } = "";
}
