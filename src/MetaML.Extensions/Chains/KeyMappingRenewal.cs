using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>A value-to-key mapping with the new values of support. The fitted mapping would map these values to missing keys.</summary>
internal sealed class KeyMappingRenewal
{
    private readonly ValueToKeyMappingTransformer?[] _values; // of support, for each column that may grow

    private KeyMappingRenewal(ValueToKeyMappingTransformer mapping, ValueToKeyMappingTransformer?[] values)
    {
        _values = values;
        Mapping = KeyMappings.Append(mapping, values);
    }

    /// <summary>The old values followed by those that are new in the data. It is the given mapping if no value is new.</summary>
    public ValueToKeyMappingTransformer Mapping { get; }

    /// <summary>Adds the values of data to a mapping.</summary>
    /// <param name="context">The context.</param>
    /// <param name="mapping">A fitted MapValueToKey of one or more columns. It does not change.</param>
    /// <param name="growing">The names of the key columns that may have new values.</param>
    /// <param name="data">The input of the mapping.</param>
    /// <remarks>The cost depends on the data, not on the number of old values.</remarks>
    public static KeyMappingRenewal Of(MLContext context, ValueToKeyMappingTransformer mapping, IReadOnlySet<string> growing, IDataView data) =>
        new(mapping, [.. KeyMappings.Columns(mapping).Select(column => growing.Contains(column.Output) ? ValuesOf(context, data, column.Input) : null)]);

    /// <summary>Names the keys that occur in the data, so that their names are read without reading those of all keys.</summary>
    /// <param name="output">The columns of the data after <see cref="Mapping"/>.</param>
    public void NameKeys(DataViewSchema output)
    {
        foreach (var (number, column) in KeyMappings.Columns(Mapping).Index())
        {
            if (_values[number] is { } values)
                KeyMappings.NameKeys(Mapping, number, output[column.Output], values);
        }
    }

    // A vector of keys names no task and no class. An absent column is an error of the mapping itself.
    private static ValueToKeyMappingTransformer? ValuesOf(MLContext context, IDataView data, string column) =>
        data.Schema.GetColumnOrNull(column)?.Type is null or VectorDataViewType ? null : context.Transforms.Conversion.MapValueToKey(column).Fit(data);
}
