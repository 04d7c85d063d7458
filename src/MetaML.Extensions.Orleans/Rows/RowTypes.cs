using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Rows;

/// <summary>The types of columns that can be sent.</summary>
internal static class RowTypes
{
    /// <summary>Whether a column of this type can be sent.</summary>
    public static bool CanBeSent(DataViewType type) => type is NumberDataViewType or BooleanDataViewType or TextDataViewType
        ? type.RawType == typeof(float) || type.RawType == typeof(double) || type.RawType == typeof(int) || type.RawType == typeof(long) || type is BooleanDataViewType or TextDataViewType
        : type is VectorDataViewType { Size: > 0 } vector && vector.ItemType == NumberDataViewType.Single;

    /// <summary>The error of a column that cannot be sent.</summary>
    public static NotSupportedException CannotBeSent(string name, DataViewType type) =>
        new($"Column '{name}' must be Single, Double, Int32, Int64, Boolean, String, or a vector of Single of known size; got {type}. Columns of other types cannot be sent to a grain. Convert the column, or leave it out.");
}
