namespace MetaML.Tool.Columns;

/// <summary>Lists of names in messages.</summary>
internal static class NameOrder
{
    private const int MostNames = 12;

    /// <summary>The first names: "'a', 'b' and 3 more".</summary>
    public static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MostNames).Select(name => $"'{name}'")) + (names.Count > MostNames ? $" and {names.Count - MostNames:N0} more" : "");

    /// <summary>The name that differs least from a text, if it differs little; null otherwise.</summary>
    public static string? Nearest(string text, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(text.ToUpperInvariant(), name.ToUpperInvariant()))).Where(pair => pair.Distance <= Math.Max(1, text.Length / 3)).OrderBy(pair => pair.Distance).Select(pair => pair.Name).FirstOrDefault();

    // Levenshtein's distance.
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 1; i <= one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
