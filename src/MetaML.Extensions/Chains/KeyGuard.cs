using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>A step between others that show it the keys that it was fitted to: values that are new since are missing to it, as every unknown value is.</summary>
/// <remarks>All are ML.NET's own, so that the chain is saved and loaded as any other: the grown key is copied, mapped to values and to the old keys, and put back.</remarks>
internal static class KeyGuard
{
    private const string Suffix = ".Grown";

    /// <summary>Whether a chain is one of these.</summary>
    public static bool Is(ITransformer chain) =>
        TransformerChains.Steps(chain) is { Length: > 3 } steps && steps[0] is ColumnCopyingTransformer copying && copying.Columns.All(pair => pair.outputColumnName == pair.inputColumnName + Suffix);

    /// <summary>The guarded step.</summary>
    /// <param name="context">The context.</param>
    /// <param name="step">The step.</param>
    /// <param name="keys">The key columns that have grown, with values.</param>
    /// <param name="fitted">The columns as the step was fitted to them.</param>
    /// <param name="grown">The columns as they are.</param>
    public static ITransformer Of(MLContext context, ITransformer step, IReadOnlyList<string> keys, DataViewSchema fitted, DataViewSchema grown)
    {
        var steps = new List<ITransformer>();
        IDataView data = RowViews.Empty(context, grown);
        void Add(IEstimator<ITransformer> estimator)
        {
            steps.Add(estimator.Fit(data));
            data = steps[^1].Transform(data);
        }

        Add(context.Transforms.CopyColumns([.. keys.Select(key => new InputOutputColumnPair(key + Suffix, key))]));
        Add(context.Transforms.Conversion.MapKeyToValue([.. keys.Select(key => new InputOutputColumnPair(key))]));
        foreach (string key in keys)
        {
            KeyVocabulary values = KeyVocabulary.Of(fitted[key]);
            Add(context.Transforms.Conversion.MapValueToKey(key, key, Math.Max(1, values.Count), keyData: values.ToDataView(context, key)));
        }

        steps.Add(step);
        DataViewSchema made = step.GetOutputSchema(data.Schema);
        data = RowViews.Empty(context, made);
        string[] back = [.. keys.Where(key => made.Count(column => column.Name == key) == Count(steps, key, grown))];
        if (back.Length > 0)
            Add(context.Transforms.CopyColumns([.. back.Select(key => new InputOutputColumnPair(key, key + Suffix))]));
        return new TransformerChain<ITransformer>([.. steps]);
    }

    // How often the column is there before the step: what the step makes anew under that name is not put back.
    private static int Count(List<ITransformer> steps, string key, DataViewSchema grown) =>
        steps[..^1].Aggregate(grown, (schema, step) => step.GetOutputSchema(schema)).Count(column => column.Name == key);
}
