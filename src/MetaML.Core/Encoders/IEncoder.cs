using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>The network shared by all tasks. It maps features to an embedding.</summary>
/// <remarks>An encoder holds no values: each call receives the parameters, which may be shared or differ by task.</remarks>
public interface IEncoder
{
    /// <summary>Number of features of a row.</summary>
    int FeatureCount { get; }

    /// <summary>Number of values of an embedding.</summary>
    int EmbeddingDimension { get; }

    /// <summary>The parameters, in order.</summary>
    IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>The approximate number of multiplications for a row.</summary>
    long MultiplicationsPerRow => Parameters.Sum(spec => (long)spec.Count);

    /// <summary>The shape of the network if the encoder is a multi-layer perceptron with exactly the parameters in <see cref="Parameters"/>; else null.</summary>
    internal MlpShape? MlpShape => null;

    /// <summary>Embeds rows of several tasks.</summary>
    /// <param name="parameters">Each is shared by all tasks, or has a leading [tasks] dimension.</param>
    /// <param name="features">Float [tasks, rows, features]. A sparse tensor in coordinate form if the parameters come from <see cref="SelectColumns"/>.</param>
    /// <param name="dropout">The random generator of dropout masks in training; null in scoring.</param>
    /// <returns>Float [tasks, rows, embedding], owned by the current dispose scope.</returns>
    Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null);

    /// <summary>Makes random variants of rows for training (augmentation).</summary>
    /// <param name="features">Float [tasks, rows, features].</param>
    /// <param name="random">The only source of randomness.</param>
    /// <returns>A tensor of the same shape; the rows themselves if the encoder has no augmentation.</returns>
    Tensor Augment(Tensor features, Random random) => features;

    /// <summary>Restricts shared parameters to some columns of sparse features.</summary>
    /// <param name="parameters">All parameters, shared by the tasks.</param>
    /// <param name="columns">Int64 [columns]: the selected features. All other features are zero.</param>
    /// <returns>A set whose gradient flows to the columns' part of <paramref name="parameters"/>.</returns>
    /// <exception cref="NotSupportedException">The encoder does not support sparse features.</exception>
    ParameterSet SelectColumns(ParameterSet parameters, Tensor columns);

    /// <summary>Embeds one row without libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="row">The row.</param>
    /// <param name="embedding">Receives <see cref="EmbeddingDimension"/> values.</param>
    void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding);

    /// <summary>Embeds rows without libtorch. Each result is bitwise equal to that of the row alone.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="rows">The scaled rows.</param>
    /// <param name="first">The index of the first row to embed.</param>
    /// <param name="embeddings">Receives [rows, embedding]. Its length determines the number of rows.</param>
    internal void Embed(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings)
    {
        for (int i = 0; i * EmbeddingDimension < embeddings.Length; i++)
            Embed(parameters, rows[first + i], embeddings.Slice(i * EmbeddingDimension, EmbeddingDimension));
    }

    /// <summary>Embeds rows in a graph of operators, for export.</summary>
    /// <param name="parameters">In the order of <see cref="Parameters"/>.</param>
    /// <param name="rows">[rows, features]: the scaled rows.</param>
    /// <returns>[rows, embedding].</returns>
    /// <exception cref="NotSupportedException">The encoder cannot be written with operators.</exception>
    internal GraphTensor Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows) =>
        throw new NotSupportedException($"The encoder must be one of this package; got {GetType().Name}. Another encoder has no form as a graph of operators. Use another encoder, or save the model by ml.Model.Save.");
}
