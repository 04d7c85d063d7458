using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Chains of transformers, whatever their type parameter.</summary>
internal static class TransformerChains
{
    /// <summary>The steps of a chain; null if the transformer is not a chain.</summary>
    public static ITransformer[]? Steps(ITransformer transformer) => (transformer as ITransformerChainAccessor)?.Transformers;

    /// <summary>A chain with other steps. Each has the scope of the step that it replaces.</summary>
    public static ITransformer Replace(ITransformer chain, IEnumerable<ITransformer> steps) => new TransformerChain<ITransformer>(steps, ((ITransformerChainAccessor)chain).Scopes);
}
