using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>An encoder with other initial values, or with parameters that are not trained. In all other respects it is the given encoder.</summary>
/// <param name="encoder">The encoder.</param>
/// <param name="preset">Replaces each spec of the encoder by one with the same name and shape.</param>
internal sealed class PresetEncoder(IEncoder encoder, Func<ParameterSpec, int, ParameterSpec> preset) : IEncoder
{
    /// <inheritdoc/>
    public int FeatureCount => encoder.FeatureCount;

    /// <inheritdoc/>
    public int EmbeddingDimension => encoder.EmbeddingDimension;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; } = [.. encoder.Parameters.Select(preset)];

    /// <inheritdoc/>
    public long MultiplicationsPerRow => encoder.MultiplicationsPerRow;

    /// <inheritdoc/>
    MlpShape? IEncoder.MlpShape => encoder.MlpShape;

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null) => encoder.Forward(parameters, features, dropout);

    /// <inheritdoc/>
    public Tensor Augment(Tensor features, Random random) => encoder.Augment(features, random);

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) => encoder.SelectColumns(parameters, columns);

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding) => encoder.Embed(parameters, row, embedding);

    /// <inheritdoc/>
    void IEncoder.Embed(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings) => encoder.Embed(parameters, rows, first, embeddings);

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows) => encoder.Embed(parameters, rows);
}
