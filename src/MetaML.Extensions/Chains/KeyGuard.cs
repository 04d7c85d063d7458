using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Chains;

/// <summary>A step inside a chain that maps keys back to those that the step was fitted to. New values become missing keys, as unknown values do.</summary>
/// <remarks>The chain consists of steps of ML.NET, so it is saved and loaded like any other. It copies the grown key, maps it to values and then to the old keys, and restores it after the step.</remarks>
internal static class KeyGuard
{
    private const string Suffix = ".Grown";

    /// <summary>Whether a chain was made by <see cref="Of"/>.</summary>
    public static bool Is(ITransformer chain) =>
        TransformerChains.Steps(chain) is { Length: > 3 } steps && steps[0] is ColumnCopyingTransformer copying && copying.Columns.All(pair => pair.outputColumnName == pair.inputColumnName + Suffix);

    /// <summary>The guarded step.</summary>
    /// <param name="context">The context.</param>
    /// <param name="step">The step.</param>
    /// <param name="keys">The key columns that have grown, with values.</param>
    /// <param name="fitted">The columns as the step was fitted to them.</param>
    /// <param name="grown">The columns with grown keys.</param>
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

    // The number of columns of this name before the step. A column that the step itself makes under this name is not restored.
    private static int Count(List<ITransformer> steps, string key, DataViewSchema grown) =>
        steps[..^1].Aggregate(grown, (schema, step) => step.GetOutputSchema(schema)).Count(column => column.Name == key);
}
