namespace MetaML.Heads;

/// <summary>One task's rows after the encoder.</summary>
public sealed class EmbeddedTask
{
    /// <summary>Rows of one task.</summary>
    /// <param name="embeddings">[rows, embedding], row-major.</param>
    /// <param name="labels">[rows]: 0 or 1, the output's number, or the value.</param>
    /// <param name="weights">[rows]: example weights.</param>
    /// <param name="outputCount">Number of outputs of the task's head.</param>
    public EmbeddedTask(float[] embeddings, float[] labels, float[] weights, int outputCount)
    {
        Embeddings = embeddings;
        Labels = labels;
        Weights = weights;
        OutputCount = outputCount;
    }

    /// <summary>[rows, embedding], row-major.</summary>
    public float[] Embeddings { get; }

    /// <summary>[rows]: 0 or 1, the output's number, or the value.</summary>
    public float[] Labels { get; }

    /// <summary>[rows]: example weights.</summary>
    public float[] Weights { get; }

    /// <summary>Number of outputs of the task's head.</summary>
    public int OutputCount { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount => Labels.Length;

    /// <summary>Some of the rows.</summary>
    /// <param name="rows">Their numbers.</param>
    /// <param name="dimension">Number of values of an embedding.</param>
    internal EmbeddedTask Take(IReadOnlyList<int> rows, int dimension)
    {
        var embeddings = new float[rows.Count * dimension];
        for (int i = 0; i < rows.Count; i++)
            Row(rows[i], dimension).CopyTo(embeddings.AsSpan(i * dimension));
        return new EmbeddedTask(embeddings, [.. rows.Select(row => Labels[row])], [.. rows.Select(row => Weights[row])], OutputCount);
    }

    /// <summary>The embedding of one row.</summary>
    /// <param name="row">From 0.</param>
    /// <param name="dimension">Number of values of an embedding.</param>
    internal ReadOnlySpan<float> Row(int row, int dimension) => Embeddings.AsSpan(row * dimension, dimension);
}
