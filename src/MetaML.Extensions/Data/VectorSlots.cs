using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The names of the slots of a vector column.</summary>
internal static class VectorSlots
{
    /// <summary>The names; a slot without a name gets its number after the given text.</summary>
    /// <param name="column">A vector of known size.</param>
    /// <param name="prefix">The text.</param>
    public static string[] Names(DataViewSchema.Column column, string prefix)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        if (column.HasSlotNames())
            column.GetSlotNames(ref names);
        string[] all = [.. names.DenseValues().Select(name => name.ToString())];
        return [.. Enumerable.Range(0, Interop.ColumnTypes.VectorSize(column.Type)).Select(i => i < all.Length && all[i].Length > 0 ? all[i] : $"{prefix}{i}")];
    }
}
