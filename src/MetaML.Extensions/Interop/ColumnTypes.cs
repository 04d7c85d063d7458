using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Parts of a column's type.</summary>
internal static class ColumnTypes
{
    /// <summary>The number of values of a vector of known size.</summary>
    public static int VectorSize(DataViewType type) => type.GetVectorSize();

    /// <summary>The type of one value: of a vector, its items'.</summary>
    public static DataViewType Item(DataViewType type) => type.GetItemType();

    /// <summary>A single value's kind, as conversions take it.</summary>
    public static DataKind Kind(DataViewType type) => type.GetRawKind().ToDataKind();
}
