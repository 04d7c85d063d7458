namespace MetaML.Options;

/// <summary>Names in a message: the first five, and whether there are more.</summary>
internal static class NameList
{
    private const int Shown = 5;

    /// <summary>As in: 'a', 'b', 'c', 'd', 'e', …</summary>
    public static string Of(IEnumerable<string> names) => OfTexts(names.Select(name => $"'{name}'"));

    /// <summary>The same of texts that are put as they are.</summary>
    public static string OfTexts(IEnumerable<string> texts)
    {
        string[] first = [.. texts.Take(Shown + 1)];
        return string.Join(", ", first.Take(Shown)) + (first.Length > Shown ? ", …" : "");
    }
}
