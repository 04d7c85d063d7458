namespace MetaML.Tool.Columns;

/// <summary>A column that may identify the tasks.</summary>
/// <param name="Column">The column.</param>
/// <param name="TaskCount">Number of its values.</param>
/// <param name="MedianRows">The median number of rows of a value.</param>
internal sealed record TaskSuggestion(string Column, int TaskCount, int MedianRows)
{
    private const int FewestTasks = 5, FewestRows = 4;

    private static readonly string[] s_words = ["id", "customer", "store", "shop", "school", "hospital", "clinic", "site", "user", "person", "patient", "subject", "machine", "device", "sensor", "region", "state", "country", "city", "neighborhood", "neighbourhood", "branch", "lender", "company", "firm", "group", "class", "product", "sku", "station", "plant", "team", "student", "animal", "task"];

    /// <summary>The suggestions, the best first: columns with at least five values and, in the median, at least four rows for each.</summary>
    /// <remarks>Texts come before numbers, names that mean a thing with rows of its own before others, and more tasks before fewer.</remarks>
    public static TaskSuggestion[] Of(IEnumerable<ColumnDescription> columns) =>
    [
        .. from column in columns
           where column.ValueCount >= FewestTasks && (column.Kind == ColumnKind.Category || (column.Kind == ColumnKind.Number && column.HasOnlyIntegers))
           let median = column.Values[column.Values.Count / 2].Count
           where median >= FewestRows
           let named = NameWords.Of(column.Name).Any(word => s_words.Contains(word, StringComparer.OrdinalIgnoreCase))
           where named || column.Kind == ColumnKind.Category
           orderby named descending, column.Kind, column.ValueCount descending
           select new TaskSuggestion(column.Name, column.Values.Count, median),
    ];
}
