using MetaML.Data;
using MetaML.Encoders;
using MetaML.Heads;

namespace MetaML.Models;

/// <summary>Scores rows in managed code, one by one or in blocks, with equal results. It holds buffers, so each thread needs its own scorer.</summary>
public sealed class MetaScorer
{
    // Number of feature values, or of embedding values, in a block of rows.
    private const int FloatsPerBlock = 1 << 15;
    private const int MinimumBlockSize = 16;
    private const int MaximumBlockSize = 512;
    private const long MultiplicationsPerChunk = 1 << 23; // enough work for one thread

    private readonly IEncoder _encoder;
    private readonly IReadOnlyList<float[]> _shared;
    private readonly long _multiplicationsPerRow;
    private readonly FeatureBlock _rows;
    private float[] _embeddings = [];
    private float[] _taskEmbedding = [];
    private float[] _scores = [];

    internal MetaScorer(IEncoder encoder, FeatureScaling? scaling, IReadOnlyList<float[]> shared)
    {
        _encoder = encoder;
        _shared = shared;
        _multiplicationsPerRow = encoder.MultiplicationsPerRow; // an encoder may compute it anew for each call
        _rows = new FeatureBlock(encoder.FeatureCount, scaling);
    }

    /// <summary>The best number of rows to embed together. Their intermediate values fit in the processor's cache.</summary>
    internal int BlockSize => Math.Clamp(FloatsPerBlock / Math.Max(_encoder.FeatureCount, _encoder.EmbeddingDimension), MinimumBlockSize, MaximumBlockSize);

    /// <summary>Scores a row for a task.</summary>
    /// <param name="task">The adapted task.</param>
    /// <param name="row">The features.</param>
    /// <returns>A logit (binary), a logit for each of the task's classes (multiclass), a value (regression), or the expected count of a row with the exposure 1; valid until the next call.</returns>
    public ReadOnlySpan<float> Score(AdaptedTask task, FeatureRow row) => ScoreRow(task, row, out _);

    /// <summary>Scores a row for a task, and gives the standard deviation of its label.</summary>
    /// <param name="task">The adapted task.</param>
    /// <param name="row">The features.</param>
    /// <param name="deviation">The standard deviation of the label about the score; for classes, the divisor of the scores; NaN if the task has no <see cref="LinearHead.PredictiveVariance"/>.</param>
    /// <returns>A logit (binary), a logit for each of the task's classes (multiclass), a value (regression), or the expected count of a row with the exposure 1; valid until the next call.</returns>
    public ReadOnlySpan<float> Score(AdaptedTask task, FeatureRow row, out float deviation)
    {
        ReadOnlySpan<float> scores = ScoreRow(task, row, out float termVariance);
        deviation = task.Deviation(Embedding(0), scores[0], termVariance);
        return scores;
    }

    /// <summary>Embeds a row with the shared encoder.</summary>
    /// <param name="row">The features.</param>
    /// <returns>The embedding; valid until the next call.</returns>
    public ReadOnlySpan<float> Embed(FeatureRow row)
    {
        Clear();
        Add(row);
        EmbedAll(_shared);
        return Embedding(0);
    }

    /// <summary>Replaces the block by rows of a store, and embeds them with the shared encoder.</summary>
    /// <param name="features">The store.</param>
    /// <param name="rows">The row numbers in the store.</param>
    /// <returns>[rows, embedding]; valid until the next call.</returns>
    internal ReadOnlySpan<float> Embed(FeatureStore features, ReadOnlySpan<int> rows)
    {
        Clear();
        foreach (int row in rows)
            Add(features[row]);
        EmbedAll();
        return Embeddings(0, rows.Length);
    }

    /// <summary>Removes all rows of the block.</summary>
    internal void Clear() => _rows.Clear();

    /// <summary>Adds a row to the block.</summary>
    internal void Add(FeatureRow row) => _rows.Add(row);

    /// <summary>Embeds all rows of the block with the shared encoder.</summary>
    internal void EmbedAll() => EmbedAll(_shared);

    /// <summary>Embeds one row of the block with a task's encoder parameters.</summary>
    /// <returns>The embedding; valid until the next call.</returns>
    internal ReadOnlySpan<float> EmbedOne(int row, IReadOnlyList<float[]> parameters)
    {
        if (_taskEmbedding.Length == 0)
            _taskEmbedding = new float[_encoder.EmbeddingDimension];
        _encoder.Embed(parameters, _rows, row, _taskEmbedding);
        return _taskEmbedding;
    }

    /// <summary>The features of a row before the encoder, scaled.</summary>
    /// <param name="index">Of the row.</param>
    internal float[] ScaledFeatures(int index)
    {
        var features = new float[_rows[index].Length];
        _rows[index].CopyTo(features);
        return features;
    }

    /// <summary>The embedding of a row from <see cref="EmbedAll()"/>.</summary>
    internal ReadOnlySpan<float> Embedding(int row) => Embeddings(row, 1);

    /// <summary>The embeddings of consecutive rows from <see cref="EmbedAll()"/>.</summary>
    internal ReadOnlySpan<float> Embeddings(int first, int count) => _embeddings.AsSpan(first * _encoder.EmbeddingDimension, count * _encoder.EmbeddingDimension);

    /// <summary>The same as memory; valid until the next use of the scorer.</summary>
    internal ReadOnlyMemory<float> EmbeddingsMemory(int first, int count) => _embeddings.AsMemory(first * _encoder.EmbeddingDimension, count * _encoder.EmbeddingDimension);

    private ReadOnlySpan<float> ScoreRow(AdaptedTask task, FeatureRow row, out float termVariance)
    {
        Clear();
        Add(row);
        EmbedAll(task.EncoderParameters ?? _shared);
        if (_scores.Length < task.Head.OutputCount)
            _scores = new float[task.Head.OutputCount];
        Span<float> scores = _scores.AsSpan(0, task.Head.OutputCount);
        termVariance = task.Score(Embedding(0), scores);
        return scores;
    }

    private void EmbedAll(IReadOnlyList<float[]> parameters)
    {
        int dimension = _encoder.EmbeddingDimension, size = _rows.Count * dimension;
        if (_embeddings.Length < size)
            _embeddings = new float[Math.Max(size, 2 * _embeddings.Length)];
        long multiplications = _rows.Count * _multiplicationsPerRow;
        if (multiplications < 2 * MultiplicationsPerChunk || _rows.Count < 2)
            _encoder.Embed(parameters, _rows, 0, _embeddings.AsSpan(0, size));
        else
            EmbedOnThreads(parameters, (int)Math.Min(multiplications / MultiplicationsPerChunk, _rows.Count));
    }

    private void EmbedOnThreads(IReadOnlyList<float[]> parameters, int chunks) => Parallel.For(0, chunks, i =>
    {
        int first = (int)((long)_rows.Count * i / chunks), end = (int)((long)_rows.Count * (i + 1) / chunks), dimension = _encoder.EmbeddingDimension;
        _encoder.Embed(parameters, _rows, first, _embeddings.AsSpan(first * dimension, (end - first) * dimension));
    });
}
