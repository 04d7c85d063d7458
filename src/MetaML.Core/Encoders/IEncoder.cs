using MetaML.Data;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>The network shared by all tasks: features → embedding.</summary>
/// <remarks>It holds no values: each call is given them, so that they can be shared or a task's own.</remarks>
public interface IEncoder
{
    /// <summary>Number of features of a row.</summary>
    int FeatureCount { get; }

    /// <summary>Number of values of an embedding.</summary>
    int EmbeddingDimension { get; }

    /// <summary>The parameters, in order.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>About how many multiplications a row takes.</summary>
    long MultiplicationsPerRow => Parameters.Sum(spec => (long)spec.Count);

    /// <summary>Its form, where it is a perceptron whose parameters are those of <see cref="Parameters"/>; else null.</summary>
    internal MlpShape? MlpShape => null;

    /// <summary>Embeds rows of several tasks.</summary>
    /// <param name="parameters">Each shared, or per task with a leading [tasks] dimension.</param>
    /// <param name="features">Float [tasks, rows, features]; sparse, in coordinate form, where the parameters are those of <see cref="SelectColumns"/>.</param>
    /// <param name="dropout">Source of dropout masks while training; null when scoring.</param>
    /// <returns>Float [tasks, rows, embedding], owned by the current dispose scope.</returns>
    Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null);

    /// <summary>Variants of rows, to train on in their place.</summary>
    /// <param name="features">Float [tasks, rows, features].</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>A tensor of the same shape; the rows themselves where the encoder knows no variants.</returns>
    Tensor Augment(Tensor features, Random random) => features;

    /// <summary>Shared parameters for features of which only some columns are given.</summary>
    /// <param name="parameters">All of them shared.</param>
    /// <param name="columns">Int64 [columns]: the features that are given; all others are zero.</param>
    /// <returns>A set whose gradient flows to the columns' part of <paramref name="parameters"/>.</returns>
    /// <exception cref="NotSupportedException">The encoder has no use for sparse features.</exception>
    ParameterSet SelectColumns(ParameterSet parameters, Tensor columns);

    /// <summary>Embeds one row without libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="row">The row.</param>
    /// <param name="embedding">Receives <see cref="EmbeddingDimension"/> values.</param>
    void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding);

    /// <summary>Embeds rows without libtorch; each gets the bits that it gets alone.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="rows">Rows that are scaled.</param>
    /// <param name="first">The first row to embed.</param>
    /// <param name="embeddings">Receives [rows, embedding], and says how many rows.</param>
    internal void Embed(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings)
    {
        for (int i = 0; i * EmbeddingDimension < embeddings.Length; i++)
            Embed(parameters, rows[first + i], embeddings.Slice(i * EmbeddingDimension, EmbeddingDimension));
    }
}
