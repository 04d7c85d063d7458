using System.Runtime.InteropServices;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The name of each row's task, from a text or key column.</summary>
internal static class TaskNames
{
    /// <summary>The one task of data without a Task column.</summary>
    public const string Only = "";

    private const int MaximumKnown = 1 << 16;

    /// <summary>Reads the task of the row that the cursor stands at; null where the key is missing or the text is null or empty.</summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="column">The Task column, or null.</param>
    public static Func<string?> Getter(DataViewRow row, string? column)
    {
        if (column is null)
            return () => Only;

        DataViewSchema.Column task = row.Schema[column];
        if (task.Type is TextDataViewType)
        {
            ValueGetter<ReadOnlyMemory<char>> getText = row.GetGetter<ReadOnlyMemory<char>>(task);
            ReadOnlyMemory<char> text = default;
            var known = new HashSet<string>(StringComparer.Ordinal);
            return () =>
            {
                getText(ref text);
                if (text.IsEmpty)
                    return null;
                return MemoryMarshal.TryGetString(text, out string? whole, out _, out int length) && whole.Length == length ? whole : Known(known, text.Span);
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
    /// <param name="row">The row's number.</param>
    public static InvalidOperationException Missing(DataViewSchema.Column column, long row) =>
        new($"Each row must have a task in column '{column.Name}'; got {(column.Type is TextDataViewType ? "an empty text" : "a missing key")} in row {row}. It cannot be learned from. Leave the row out, or give it a task.");

    // The same string for the same text: none is made for each row.
    private static string Known(HashSet<string> known, ReadOnlySpan<char> text)
    {
        if (known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out string? name))
            return name;
        if (known.Count == MaximumKnown)
            known.Clear();
        known.Add(name = text.ToString());
        return name;
    }
}
