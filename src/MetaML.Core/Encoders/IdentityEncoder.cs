using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>An encoder whose embedding is the features.</summary>
/// <param name="featureCount">Number of features, and number of values of the embedding.</param>
internal sealed class IdentityEncoder(int featureCount) : IEncoder
{
    /// <inheritdoc/>
    public int FeatureCount => featureCount;

    /// <inheritdoc/>
    public int EmbeddingDimension => featureCount;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => [];

    /// <inheritdoc/>
    public long MultiplicationsPerRow { get; internal init; }

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null) => features.alias();

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) =>
        throw new NotSupportedException("The identity encoder needs dense features; got sparse ones. The embedding would have one value for each feature. Use the MLP encoder, or reduce the features in the pipeline.");

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding) => row.CopyTo(embedding);

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows) => rows;
}
