using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>Chains of transformers of any type, which ML.NET tells apart by a type parameter.</summary>
internal static class TransformerChains
{
    /// <summary>The steps of a chain; null where a transformer is none.</summary>
    public static ITransformer[]? Steps(ITransformer transformer) => (transformer as ITransformerChainAccessor)?.Transformers;

    /// <summary>The chain with other steps in the place of its own, each in the scope of the one that it replaces.</summary>
    public static ITransformer Replace(ITransformer chain, IEnumerable<ITransformer> steps) => new TransformerChain<ITransformer>(steps, ((ITransformerChainAccessor)chain).Scopes);
}
