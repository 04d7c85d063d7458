namespace MetaML.Options;

/// <summary>Formats names for a message: the first five, and an ellipsis if there are more.</summary>
internal static class NameList
{
    private const int Shown = 5;

    /// <summary>Quotes and joins names, for example: 'a', 'b', 'c', 'd', 'e', …</summary>
    public static string Of(IEnumerable<string> names) => OfTexts(names.Select(name => $"'{name}'"));

    /// <summary>Joins texts in the same way, without quotes.</summary>
    public static string OfTexts(IEnumerable<string> texts)
    {
        string[] first = [.. texts.Take(Shown + 1)];
        return string.Join(", ", first.Take(Shown)) + (first.Length > Shown ? ", …" : "");
    }
}
