using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Properties of a column's type.</summary>
internal static class ColumnTypes
{
    /// <summary>The length of a vector of known size.</summary>
    public static int VectorSize(DataViewType type) => type.GetVectorSize();

    /// <summary>The type of one value. For a vector this is the type of its items.</summary>
    public static DataViewType Item(DataViewType type) => type.GetItemType();

    /// <summary>The kind of a scalar, for conversions.</summary>
    public static DataKind Kind(DataViewType type) => type.GetRawKind().ToDataKind();
}
