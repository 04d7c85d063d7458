using MetaML.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Reads the labels of rows as numbers: 0 or 1 (binary), the number of the class (multiclass), or the value (regression). NaN if a row has no label.</summary>
internal static class LabelGetter
{
    /// <param name="row">The row or cursor.</param>
    /// <param name="column">The label column.</param>
    /// <param name="kind">The kind of the labels.</param>
    /// <param name="classes">The numbers of the classes.</param>
    public static Func<float> Of(DataViewRow row, DataViewSchema.Column column, LabelKind kind, NameNumbers classes) =>
        column.Type is TextDataViewType ? Text(row, column, classes)
        : kind == LabelKind.Multiclass ? Key(row, column, classes)
        : Number(row, column);

    private static Func<float> Number(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<float> getter = ColumnGetters.Label(row, column);
        float label = 0;
        return () =>
        {
            getter(ref label);
            return label;
        };
    }

    private static Func<float> Key(DataViewRow row, DataViewSchema.Column column, NameNumbers classes)
    {
        IReadOnlyList<string> names = KeyVocabulary.Of(column).Names;
        var numbers = new Dictionary<float, int>();
        Func<float> getKey = Number(row, column);
        return () =>
        {
            float key = getKey();
            if (float.IsNaN(key))
                return key;
            if (!numbers.TryGetValue(key, out int number))
                numbers[key] = number = classes.Of(names[(int)key]);
            return number;
        };
    }

    private static Func<float> Text(DataViewRow row, DataViewSchema.Column column, NameNumbers classes)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getter(ref text);
            return text.IsEmpty ? float.NaN : classes.Of(text.ToString());
        };
    }
}
