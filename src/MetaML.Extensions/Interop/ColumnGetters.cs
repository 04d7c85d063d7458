using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Getters that read columns in the same way as ML.NET's own trainers.</summary>
internal static class ColumnGetters
{
    /// <summary>A getter of a Boolean, key or number as Single. The first key value is 0. A missing key is NaN.</summary>
    public static ValueGetter<float> Label(DataViewRow row, DataViewSchema.Column column) => RowCursorUtils.GetLabelGetter(row, column.Index);

    /// <summary>A getter of a scalar of any type as text.</summary>
    public static ValueGetter<StringBuilder> Text(DataViewRow row, DataViewSchema.Column column) => RowCursorUtils.GetGetterAsStringBuilder(row, column.Index);
}
