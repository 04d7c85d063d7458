using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Rows;

/// <summary>Reads columns of a data view.</summary>
internal static class RowsReader
{
    /// <summary>Reads columns. Keys become the texts of their values.</summary>
    /// <exception cref="NotSupportedException">A column has a type that cannot be sent.</exception>
    public static TaskRows Read(IDataView data, IReadOnlyList<DataViewSchema.Column> columns)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(columns);
        var readers = columns.Select(column => ReaderOf(cursor, column)).ToArray();
        while (cursor.MoveNext())
        {
            foreach (var (add, _) in readers)
                add();
        }

        return new TaskRows(readers.Select(reader => reader.Finish()));
    }

    /// <summary>Whether <see cref="Read"/> can read a column.</summary>
    public static bool CanRead(DataViewSchema.Column column) =>
        RowTypes.CanBeSent(column.Type) || HasTexts(column) || column.Type is VectorDataViewType { Size: > 0, ItemType: BooleanDataViewType };

    private static bool HasTexts(DataViewSchema.Column column) => column.Type is KeyDataViewType && column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type is VectorDataViewType { ItemType: TextDataViewType };

    private static (Action Add, Func<RowColumn> Finish) ReaderOf(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => Scalar<ReadOnlyMemory<char>, string>(row, column, text => text.ToString()),
        KeyDataViewType when HasTexts(column) => Key(row, column),
        VectorDataViewType { Size: > 0 } vector when vector.ItemType == NumberDataViewType.Single => Vector<float>(row, column, vector.Size, value => value),
        VectorDataViewType { Size: > 0, ItemType: BooleanDataViewType } flags => Vector<bool>(row, column, flags.Size, value => value ? 1 : 0),
        { } type when type.RawType == typeof(float) => Scalar<float, float>(row, column, value => value),
        { } type when type.RawType == typeof(double) => Scalar<double, double>(row, column, value => value),
        { } type when type.RawType == typeof(int) => Scalar<int, int>(row, column, value => value),
        { } type when type.RawType == typeof(long) => Scalar<long, long>(row, column, value => value),
        { } type when type.RawType == typeof(bool) => Scalar<bool, bool>(row, column, value => value),
        _ => throw RowTypes.CannotBeSent(column.Name, column.Type),
    };

    private static (Action, Func<RowColumn>) Scalar<T, TSent>(DataViewRow row, DataViewSchema.Column column, Func<T, TSent> convert)
    {
        ValueGetter<T> get = row.GetGetter<T>(column);
        var values = new List<TSent>();
        T value = default!;
        return (() =>
        {
            get(ref value);
            values.Add(convert(value));
        }, () => RowColumn.Of(column.Name, values.ToArray()));
    }

    // A missing key is an empty text.
    private static (Action, Func<RowColumn>) Key(DataViewRow row, DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetKeyValues(ref names);
        string[] texts = [.. names.DenseValues().Select(name => name.ToString())];
        return Scalar<uint, string>(row, column, key => key == 0 || key > texts.Length ? "" : texts[key - 1]);
    }

    private static (Action, Func<RowColumn>) Vector<T>(DataViewRow row, DataViewSchema.Column column, int size, Func<T, float> convert)
    {
        ValueGetter<VBuffer<T>> get = row.GetGetter<VBuffer<T>>(column);
        var values = new List<float>();
        VBuffer<T> value = default;
        return (() =>
        {
            get(ref value);
            values.AddRange(value.DenseValues().Select(convert));
        }, () => RowColumn.Of(column.Name, values.ToArray(), size));
    }
}
