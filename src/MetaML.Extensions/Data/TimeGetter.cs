using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Reads the times of rows as integers with the same order.</summary>
internal static class TimeGetter
{
    private const string Expected = "number, DateTime, DateTimeOffset, TimeSpan or key";

    /// <summary>Returns the getter of a time. It returns null if the row has no time: NaN, a missing key, or the default value of DateTime or DateTimeOffset.</summary>
    /// <param name="row">The row or cursor.</param>
    /// <param name="column">The time column.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is of another type.</exception>
    public static Func<long?> Of(DataViewRow row, DataViewSchema.Column column)
    {
        bool isKey = column.Type is KeyDataViewType;
        return column.Type is not PrimitiveDataViewType ? throw Mismatch(row.Schema, column) : column.Type.RawType switch
        {
            var type when type == typeof(float) => Get<float>(row, column, value => float.IsNaN(value) ? null : Sortable(value)),
            var type when type == typeof(double) => Get<double>(row, column, value => double.IsNaN(value) ? null : Sortable(value)),
            var type when type == typeof(byte) => Get<byte>(row, column, value => isKey && value == 0 ? null : value),
            var type when type == typeof(ushort) => Get<ushort>(row, column, value => isKey && value == 0 ? null : value),
            var type when type == typeof(uint) => Get<uint>(row, column, value => isKey && value == 0 ? null : value),
            var type when type == typeof(ulong) => Get<ulong>(row, column, value => isKey && value == 0 ? null : (long)(value ^ (1UL << 63))),
            var type when type == typeof(sbyte) => Get<sbyte>(row, column, value => value),
            var type when type == typeof(short) => Get<short>(row, column, value => value),
            var type when type == typeof(int) => Get<int>(row, column, value => value),
            var type when type == typeof(long) => Get<long>(row, column, value => value),
            var type when type == typeof(DateTime) => Get<DateTime>(row, column, value => value == default ? null : value.Ticks),
            var type when type == typeof(DateTimeOffset) => Get<DateTimeOffset>(row, column, value => value == default ? null : value.UtcTicks),
            var type when type == typeof(TimeSpan) => Get<TimeSpan>(row, column, value => value.Ticks),
            _ => throw Mismatch(row.Schema, column),
        };
    }

    /// <summary>Checks that the column exists.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column.</exception>
    public static void Check(DataViewSchema schema, string column) => ColumnNames.Find(schema, "time", column, Expected);

    /// <summary>The error of a row without a time.</summary>
    public static InvalidOperationException Missing(string column, long row) =>
        new($"Each row must have a time in column '{column}'; got a missing value in row {row}. It is unknown whether the row precedes or follows other rows. Leave the row out, or give it a time.");

    // The bits of a floating-point number, read as an integer, have the order of its magnitude.
    private static long Sortable(double value) => BitConverter.DoubleToInt64Bits(value) is var bits && bits >= 0 ? bits : long.MinValue - bits;

    private static Func<long?> Get<T>(DataViewRow row, DataViewSchema.Column column, Func<T, long?> convert)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }

    private static ArgumentOutOfRangeException Mismatch(DataViewSchema schema, DataViewSchema.Column column) => ColumnNames.Mismatch(schema, "time", column.Name, Expected, column.Type);
}
