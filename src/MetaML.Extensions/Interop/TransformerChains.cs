using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Chains of transformers, whatever their type parameter.</summary>
internal static class TransformerChains
{
    /// <summary>The steps of a chain; null if the transformer is not a chain.</summary>
    public static ITransformer[]? Steps(ITransformer transformer) => (transformer as ITransformerChainAccessor)?.Transformers;

    /// <summary>The columns that are read by steps that make each column from one other, such as mappings of keys. Other steps do not tell.</summary>
    public static IEnumerable<string> Inputs(ITransformer step) => step switch
    {
        OneToOneTransformerBase pairs => pairs.ColumnPairs.Select(pair => pair.inputColumnName),
        _ => Steps(step)?.SelectMany(Inputs) ?? [],
    };

    /// <summary>A chain with other steps. Each has the scope of the step that it replaces.</summary>
    public static ITransformer Replace(ITransformer chain, IEnumerable<ITransformer> steps) =>
        new TransformerChain<ITransformer>([.. steps], ((ITransformerChainAccessor)chain).Scopes); // ML.NET's constructor reads the steps more than once

    /// <summary>A chain with other steps, without those that are null.</summary>
    public static ITransformer Select(ITransformer chain, IReadOnlyList<ITransformer?> steps) =>
        new TransformerChain<ITransformer>(steps.OfType<ITransformer>(), ((ITransformerChainAccessor)chain).Scopes.Where((_, i) => steps[i] is not null));
}
