using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Getters of columns as ML.NET's own trainers read them.</summary>
internal static class ColumnGetters
{
    /// <summary>A getter of a Boolean, key or number as Single; a key counts from 0, and is NaN where it is missing.</summary>
    public static ValueGetter<float> Label(DataViewRow row, DataViewSchema.Column column) => RowCursorUtils.GetLabelGetter(row, column.Index);

    /// <summary>A getter of any single value as text.</summary>
    public static ValueGetter<StringBuilder> Text(DataViewRow row, DataViewSchema.Column column) => RowCursorUtils.GetGetterAsStringBuilder(row, column.Index);
}
