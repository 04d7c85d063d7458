namespace MetaML.Tool.Columns;

/// <summary>The words of a name: "store_id" and "storeId" have the words "store" and "id".</summary>
internal static class NameWords
{
    public static IEnumerable<string> Of(string name) => name.Split(' ', '_', '-', '.').SelectMany(SplitCase);

    private static IEnumerable<string> SplitCase(string name)
    {
        int start = 0;
        for (int i = 1; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]))
            {
                yield return name[start..i];
                start = i;
            }
        }

        yield return name[start..];
    }
}
