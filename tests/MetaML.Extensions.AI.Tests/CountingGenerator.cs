using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace MetaML.Extensions.AI.Tests;

/// <summary>Embeds a text by the counts of its letters, and records its calls.</summary>
internal sealed class CountingGenerator(string? model = "letters", int? dimension = 26) : IEmbeddingGenerator<string, Embedding<float>>
{
    private int _running;

    public ConcurrentQueue<string[]> Calls { get; } = [];

    public int MostAtOnce { get; private set; }

    /// <summary>Changes the embeddings of a call, or throws.</summary>
    public Func<string[], IEnumerable<float[]>, IEnumerable<float[]>>? Change { get; set; }

    public TimeSpan Delay { get; set; }

    public static float[] Of(string text, int dimension = 26) => [.. Enumerable.Range(0, dimension).Select(i => (float)text.Count(letter => letter == 'a' + i))];

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        string[] texts = [.. values];
        Calls.Enqueue(texts);
        int running = Interlocked.Increment(ref _running);
        lock (Calls)
            MostAtOnce = Math.Max(MostAtOnce, running);
        try
        {
            await Task.Delay(Delay, cancellationToken);
            IEnumerable<float[]> vectors = texts.Select(text => Of(text, options?.Dimensions ?? dimension ?? 26));
            return new((Change?.Invoke(texts, vectors) ?? vectors).Select(vector => new Embedding<float>(vector)));
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingGeneratorMetadata) && model is not null ? new EmbeddingGeneratorMetadata("tests", new Uri("https://secret.example"), model, dimension) : null;

    public void Dispose()
    {
    }
}
