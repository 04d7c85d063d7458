using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.AI.Texts;

/// <summary>Checks of the text column.</summary>
internal static class TextColumn
{
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public static void Check(DataViewSchema schema, string name)
    {
        DataViewType? type = schema.GetColumnOrNull(name)?.Type;
        if (type is not TextDataViewType)
            throw Mismatch(name, type?.ToString(), schema.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"));
    }

    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public static void Check(SchemaShape shape, string name)
    {
        bool exists = shape.TryFindColumn(name, out SchemaShape.Column column);
        if (!exists || column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType != TextDataViewType.Instance)
            throw Mismatch(name, exists ? $"{column.Kind} of {column.ItemType}" : null, shape.Select(other => $"{other.Name} ({other.ItemType})"));
    }

    private static ArgumentOutOfRangeException Mismatch(string name, string? type, IEnumerable<string> available) =>
        new(name, $"Schema mismatch for text column '{name}': expected String, got {type ?? "no such column"}. Available columns: {string.Join(", ", available)}.");
}
