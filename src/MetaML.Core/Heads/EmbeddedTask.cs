using MetaML.Data;

namespace MetaML.Heads;

/// <summary>The embedded rows of one task.</summary>
public sealed class EmbeddedTask
{
    /// <summary>Makes a task of embedded rows.</summary>
    /// <param name="embeddings">[rows, dimension], row-major; may be a slice of a larger buffer.</param>
    /// <param name="dimension">Number of values of an embedding.</param>
    /// <param name="labels">[rows]: 0 or 1, the output's number, or the value.</param>
    /// <param name="weights">[rows]: example weights.</param>
    /// <param name="outputCount">Number of outputs of the task's head.</param>
    /// <exception cref="ArgumentException">The number of values is not <paramref name="dimension"/> times the number of labels.</exception>
    public EmbeddedTask(ReadOnlyMemory<float> embeddings, int dimension, float[] labels, float[] weights, int outputCount)
    {
        if (embeddings.Length != (long)labels.Length * dimension)
            throw new ArgumentException($"Embeddings must have {dimension} values for each of {labels.Length} labels; got {embeddings.Length}.", nameof(embeddings));
        Embeddings = embeddings;
        Dimension = dimension;
        Labels = labels;
        Weights = weights;
        OutputCount = outputCount;
    }

    /// <summary>[rows, <see cref="Dimension"/>], row-major.</summary>
    /// <remarks>An adapter may read the embeddings only until it returns, because the next task may reuse the memory. Copy the values that must outlive the call.</remarks>
    public ReadOnlyMemory<float> Embeddings { get; }

    /// <summary>Number of values of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>[rows]: 0 or 1, the output's number, or the value.</summary>
    public float[] Labels { get; }

    /// <summary>[rows]: example weights.</summary>
    public float[] Weights { get; }

    /// <summary>Number of outputs of the task's head.</summary>
    public int OutputCount { get; }

    /// <summary>[covariates]: what is known of the task besides its rows, standardised over the training tasks; empty for the mean of the covariates, or if tasks have none.</summary>
    public IReadOnlyList<float> Covariates { get; init; } = [];

    /// <summary>[rows]: the exposure of each row if labels are counts, positive; empty if all are 1.</summary>
    public float[] Exposures { get; init; } = [];

    /// <summary>The names of the groups of the task, the outermost first; empty if tasks have none.</summary>
    internal IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>What these groups say of the task; null if tasks have none.</summary>
    internal TaskPrior? Prior { get; init; }

    /// <summary>Number of rows.</summary>
    public int RowCount => Labels.Length;

    /// <summary>The embedding of one row.</summary>
    /// <param name="row">The row's index, from 0.</param>
    /// <returns>[<see cref="Dimension"/>].</returns>
    public ReadOnlySpan<float> Row(int row) => Embeddings.Span.Slice(row * Dimension, Dimension);

    /// <summary>The same rows with other weights.</summary>
    /// <param name="weights">[rows].</param>
    internal EmbeddedTask WithWeights(float[] weights) => new(Embeddings, Dimension, Labels, weights, OutputCount) { Covariates = Covariates, Groups = Groups, Prior = Prior, Exposures = Exposures };

    /// <summary>A copy of some of the rows.</summary>
    /// <param name="rows">The indices of the rows.</param>
    internal EmbeddedTask Select(IReadOnlyList<int> rows)
    {
        var embeddings = new float[rows.Count * Dimension];
        for (int i = 0; i < rows.Count; i++)
            Row(rows[i]).CopyTo(embeddings.AsSpan(i * Dimension));
        return new EmbeddedTask(embeddings, Dimension, [.. rows.Select(row => Labels[row])], [.. rows.Select(row => Weights[row])], OutputCount)
        {
            Covariates = Covariates,
            Groups = Groups,
            Prior = Prior,
            Exposures = Exposures.Length == 0 ? [] : [.. rows.Select(row => Exposures[row])],
        };
    }
}
