using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>Lets a fitted value-to-key mapping grow: to it, every value that it did not see is missing.</summary>
internal static class KeyMappingRenewal
{
    /// <summary>A mapping whose values are the old ones followed by those that are new in the data; the given one where nothing is new.</summary>
    /// <param name="context">The context.</param>
    /// <param name="mapping">A fitted MapValueToKey, of one column or several.</param>
    /// <param name="growing">Names of the key columns that may grow.</param>
    /// <param name="data">What the mapping is applied to.</param>
    public static ITransformer Renew(MLContext context, ValueToKeyMappingTransformer mapping, IReadOnlySet<string> growing, IDataView data)
    {
        IRowToRowMapper rows = ((ITransformer)mapping).GetRowToRowMapper(data.Schema);
        Column[] columns = [.. Made(rows.OutputSchema, data.Schema).Select(output => Column.Of(context, output, rows, growing, data))];
        if (!columns.Any(column => column.HasGrown))
            return mapping;

        // One mapping per column, since each has values of its own. A name that is another's input is overwritten last.
        ITransformer[] renewed = [.. columns
            .OrderBy(column => columns.Any(other => other != column && other.Input == column.Output))
            .Select(column => column.Mapping(context, data))];
        return renewed.Length == 1 ? renewed[0] : new TransformerChain<ITransformer>(renewed);
    }

    // A column made in place stands beside the one that it hides, not at the end.
    private static IEnumerable<DataViewSchema.Column> Made(DataViewSchema output, DataViewSchema input)
    {
        ILookup<string, DataViewSchema.Column> before = input.ToLookup(column => column.Name), after = output.ToLookup(column => column.Name);
        return output.Where(column => !column.IsHidden && after[column.Name].Count() > before[column.Name].Count());
    }

    private sealed record Column(string Output, string Input, KeyVocabulary Values, bool HasGrown)
    {
        public static Column Of(MLContext context, DataViewSchema.Column output, IRowToRowMapper rows, IReadOnlySet<string> growing, IDataView data)
        {
            string input = rows.GetDependencies([output]).Single().Name;
            KeyVocabulary old = KeyVocabulary.Of(output);
            if (!growing.Contains(output.Name) || output.Type is not KeyDataViewType)
                return new(output.Name, input, old, false);

            // Annotations may be text although the values are not.
            bool asText = old.ItemType is TextDataViewType && data.Schema[input].Type is not TextDataViewType;
            IDataView fresh = context.Transforms.Conversion.MapValueToKey(output.Name, input, addKeyValueAnnotationsAsText: asText).Fit(data).Transform(data);
            KeyVocabulary all = old.Append(KeyVocabulary.Of(fresh.Schema[output.Name]));
            return new(output.Name, input, all, all.Count > old.Count);
        }

        public ValueToKeyMappingTransformer Mapping(MLContext context, IDataView data)
        {
            DataViewType type = ColumnTypes.Item(data.Schema[Input].Type);
            IDataView values = Values.ToDataView(context, Input);
            bool asText = !type.Equals(Values.ItemType);
            if (asText)
                values = context.Transforms.Conversion.ConvertType(Input, outputKind: ColumnTypes.Kind(type)).Append(context.Transforms.SelectColumns(Input)).Fit(values).Transform(values);
            return context.Transforms.Conversion.MapValueToKey(Output, Input, Values.Count, addKeyValueAnnotationsAsText: asText, keyData: values).Fit(data);
        }
    }
}
