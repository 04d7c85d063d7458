namespace Text;

/// <summary>A message and its predicted intent.</summary>
internal sealed class Answer
{
    public string Text { get; set; } = "";

    public string Predicted { get; set; } = "";
}
