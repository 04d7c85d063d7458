using System.Runtime.InteropServices;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The name of each row's task, from a text or key column.</summary>
internal static class TaskNames
{
    /// <summary>The name of the single task of data without a Task column.</summary>
    public const string Only = "";

    private const int MaximumInterned = 1 << 16;

    /// <summary>Returns a getter of the task of the current row. It returns null if the key is missing, or the text is null or empty.</summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="column">The Task column; null if there is none.</param>
    public static Func<string?> Getter(DataViewRow row, string? column)
    {
        if (column is null)
            return () => Only;

        DataViewSchema.Column task = row.Schema[column];
        if (task.Type is TextDataViewType)
        {
            ValueGetter<ReadOnlyMemory<char>> getText = row.GetGetter<ReadOnlyMemory<char>>(task);
            ReadOnlyMemory<char> text = default;
            var interned = new HashSet<string>(StringComparer.Ordinal);
            return () =>
            {
                getText(ref text);
                if (text.IsEmpty)
                    return null;
                return MemoryMarshal.TryGetString(text, out string? whole, out _, out int length) && whole.Length == length ? whole : Intern(interned, text.Span);
            };
        }

        Func<int, string> names = KeyVocabulary.NamesOf(task);
        ValueGetter<float> getKey = ColumnGetters.Label(row, task);
        float key = 0;
        return () =>
        {
            getKey(ref key);
            return float.IsNaN(key) ? null : names((int)key);
        };
    }

    /// <summary>The error of a row without a task.</summary>
    /// <param name="column">The Task column.</param>
    /// <param name="row">The number of the row.</param>
    public static InvalidOperationException Missing(DataViewSchema.Column column, long row) =>
        new($"Each row must have a task in column '{column.Name}'; got {(column.Type is TextDataViewType ? "an empty text" : "a missing key")} in row {row}. A row without a task cannot be used. Leave the row out, or give it a task.");

    // Rows with the same text share one string.
    private static string Intern(HashSet<string> interned, ReadOnlySpan<char> text)
    {
        if (interned.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out string? name))
            return name;
        if (interned.Count == MaximumInterned)
            interned.Clear();
        interned.Add(name = text.ToString());
        return name;
    }
}
