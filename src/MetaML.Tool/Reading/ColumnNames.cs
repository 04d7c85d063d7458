namespace MetaML.Tool.Reading;

/// <summary>Names of columns, made different from each other.</summary>
internal static class ColumnNames
{
    /// <summary>The names, where an empty name becomes "column 3", and a repeated name "price (2)".</summary>
    /// <param name="names">The names in the file.</param>
    /// <param name="notes">Receives a note for each name that is changed.</param>
    public static string[] Distinct(IReadOnlyList<string> names, ICollection<string> notes)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        string[] result = new string[names.Count];
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i].Length > 0 ? names[i] : $"column {i + 1}";
            string distinct = Unused(name, used);
            if (distinct != names[i])
                notes.Add(names[i].Length == 0 ? $"Column {i + 1} has no name. It is called '{distinct}'." : $"The name '{name}' occurs twice. Column {i + 1} is called '{distinct}'.");
            result[i] = distinct;
        }

        return result;
    }

    /// <summary>The name, or the name with the first free number behind it. The result is added to the used names.</summary>
    public static string Unused(string name, ISet<string> used)
    {
        string distinct = name;
        for (int number = 2; !used.Add(distinct); number++)
            distinct = $"{name} ({number})";
        return distinct;
    }
}
