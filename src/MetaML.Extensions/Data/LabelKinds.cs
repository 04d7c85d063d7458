using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>What the labels of a column are.</summary>
internal static class LabelKinds
{
    /// <summary>By the column's type: Boolean, key or text, Single.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it is of another type.</exception>
    public static LabelKind Of(DataViewSchema schema, string column)
    {
        const string Expected = "Boolean, key, text or Single";
        DataViewType type = ColumnNames.Find(schema, "label", column, Expected);
        return Of(type) ?? throw ColumnNames.Mismatch(schema, "label", column, Expected, type);
    }

    /// <summary>Null where a type holds no labels.</summary>
    public static LabelKind? Of(DataViewType type) => type switch
    {
        BooleanDataViewType => LabelKind.Binary,
        KeyDataViewType { Count: > 0 } or TextDataViewType => LabelKind.Multiclass,
        _ when type == NumberDataViewType.Single => LabelKind.Regression,
        _ => null,
    };
}
