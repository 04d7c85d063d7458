using MetaML.Data;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders;

/// <summary>An encoder whose parameters have other initial values, or are not trained; all else is as it was.</summary>
/// <param name="encoder">What encodes.</param>
/// <param name="preset">From its specs to those that are trained by, of the same names and shapes.</param>
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
}
