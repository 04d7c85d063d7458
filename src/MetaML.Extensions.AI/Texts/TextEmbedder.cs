using System.Collections.Concurrent;
using System.Globalization;
using MetaML.Numerics;
using Microsoft.Extensions.AI;

namespace MetaML.Extensions.AI.Texts;

/// <summary>Embeds texts: in batches, with a bounded number of calls at once, and each text once. Safe for several threads.</summary>
internal sealed class TextEmbedder
{
    private readonly TextEmbeddingOptions _options;
    private readonly EmbeddingFolder? _folder;
    private readonly ConcurrentDictionary<string, Task<float[]>> _cache = new(StringComparer.Ordinal); // embeddings, also those that another thread is waiting for

    /// <exception cref="ArgumentException">There is a folder, and the generator does not name its model.</exception>
    public TextEmbedder(IEmbeddingGenerator<string, Embedding<float>> generator, TextEmbeddingOptions options)
    {
        Generator = generator;
        _options = options;
        EmbeddingGeneratorMetadata? metadata = generator.GetService<EmbeddingGeneratorMetadata>();
        ModelId = metadata?.DefaultModelId ?? "";
        Dimension = options.Dimension ?? metadata?.DefaultModelDimensions;
        _folder = options.CacheFolder is { } path ? new EmbeddingFolder(path, ModelId, options) : null;
    }

    /// <summary>The generator.</summary>
    public IEmbeddingGenerator<string, Embedding<float>> Generator { get; }

    /// <summary>The name of the generator's model; empty if it has none.</summary>
    public string ModelId { get; }

    /// <summary>Number of values of an embedding; null if the generator does not tell.</summary>
    public int? Dimension { get; }

    /// <summary>The largest number of characters of a text.</summary>
    public int MaximumTextLength => _options.MaximumTextLength;

    /// <summary>The number of texts that the calls at one time embed.</summary>
    public int BlockSize => checked(_options.BatchSize * _options.MaximumConcurrentCalls);

    /// <summary>A text without the characters beyond the limit.</summary>
    public string Limit(ReadOnlyMemory<char> text) => text.Span[..Math.Min(text.Length, _options.MaximumTextLength)].ToString();

    /// <summary>Embeds texts.</summary>
    /// <param name="texts">Texts that are not empty, each with the number of its row.</param>
    /// <param name="column">The name of their column.</param>
    /// <returns>The embeddings by text.</returns>
    /// <exception cref="InvalidOperationException">The generator failed, or returned something else than an embedding for each text.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public Dictionary<string, float[]> Embed(IReadOnlyCollection<(string Text, long Row)> texts, string column)
    {
        var embeddings = new Dictionary<string, Task<float[]>>(StringComparer.Ordinal);
        var missing = new List<(string Text, long Row, TaskCompletionSource<float[]> Embedding)>();
        foreach (var (text, row) in texts)
        {
            if (embeddings.ContainsKey(text))
                continue;
            var embedding = new TaskCompletionSource<float[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            embeddings[text] = _cache.GetOrAdd(text, embedding.Task);
            if (embeddings[text] != embedding.Task)
                continue;
            if (_folder?.Read(text) is { } known)
                embedding.SetResult(known);
            else
                missing.Add((text, row, embedding));
        }

        try
        {
            if (missing.Count > 0) // on the thread pool, because the caller may be a thread that the generator needs to continue on
                Task.Run(() => GenerateAsync(missing, column)).GetAwaiter().GetResult();
        }
        finally
        {
            foreach (var (text, _, embedding) in missing.Where(text => !text.Embedding.Task.IsCompleted))
            {
                _cache.TryRemove(text, out _);
                embedding.SetCanceled(_options.CancellationToken); // another thread that waits for the text
            }
        }

        var results = embeddings.ToDictionary(pair => pair.Key, pair => pair.Value.GetAwaiter().GetResult(), StringComparer.Ordinal);
        if (_cache.Count > _options.CacheSize)
            _cache.Clear();
        return results;
    }

    private Task GenerateAsync(IEnumerable<(string Text, long Row, TaskCompletionSource<float[]> Embedding)> texts, string column) => Parallel.ForEachAsync(
        texts.Chunk(_options.BatchSize),
        new ParallelOptions { MaxDegreeOfParallelism = _options.MaximumConcurrentCalls, CancellationToken = _options.CancellationToken },
        async (batch, cancellationToken) =>
        {
            GeneratedEmbeddings<Embedding<float>> generated;
            try
            {
                EmbeddingGenerationOptions? options = _options.Dimension is { } dimension ? new() { Dimensions = dimension } : null;
                generated = await Generator.GenerateAsync([.. batch.Select(text => text.Text)], options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                throw Failure($"it failed: {error.Message}", error);
            }

            if (generated.Count != batch.Length)
                throw Failure($"got {generated.Count} for {batch.Length} texts");
            for (int i = 0; i < batch.Length; i++)
            {
                float[] vector = generated[i].Vector.ToArray();
                if (vector.Length != (Dimension ?? vector.Length) || vector.Length == 0)
                    throw Failure(string.Create(CultureInfo.InvariantCulture, $"got {vector.Length} values instead of {Dimension ?? 1}{(Dimension is null ? " or more" : "")}"));
                if (!FiniteNumbers.AreAll<float>(vector))
                    throw Failure("got a value that is not finite");
                _folder?.Write(batch[i].Text, vector);
                batch[i].Embedding.SetResult(vector);
            }

            InvalidOperationException Failure(string what, Exception? error = null) => new(string.Create(
                CultureInfo.InvariantCulture,
                $"The embedding generator must return an embedding of equal length for each text; {what}. The texts are those of column '{column}', rows {batch.Min(text => text.Row)} to {batch.Max(text => text.Row)}. Check the generator, its address and its limits."), error);
        });
}
