using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Encoders.Mlp;
using MetaML.Graphs;
using MetaML.Numerics;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Projection;

/// <summary>z = √d · y / ‖y‖ with y = xW + b; W starts at the identity.</summary>
/// <param name="featureCount">d: the number of features, and of values of an embedding.</param>
internal sealed class ProjectionEncoder(int featureCount) : IEncoder
{
    private const float Epsilon = 1e-12f; // of the mean square of y

    // Small steps: each of the d² values of the map is changed, and the pretrained features are nearly right.
    private const double LearningRateFactor = 0.1;

    /// <inheritdoc/>
    public int FeatureCount => featureCount;

    /// <inheritdoc/>
    public int EmbeddingDimension => featureCount;

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters { get; } =
    [
        new ParameterSpec("weight", [featureCount, featureCount], _ => MatrixAlgebra.Identity<float>(featureCount)) { LearningRateFactor = LearningRateFactor },
        ParameterSpec.Constant("bias", 0, featureCount) with { Role = ParameterRole.Bias, LearningRateFactor = LearningRateFactor },
    ];

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        Tensor mapped = MlpEncoder.Linear(features, parameters["weight"], parameters["bias"]);
        return mapped * mapped.Squared().mean([-1L], keepdim: true).Plus(Epsilon).rsqrt();
    }

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) =>
        throw new NotSupportedException("The projection encoder needs dense features; got sparse ones. The map would have the square of their number. Leave the encoder unset, or reduce the features in the pipeline.");

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        if (row.IsSparse)
            AffineKernel.Apply(row.Values, row.Indices, parameters[0], parameters[1], rectifies: false, embedding);
        else
            AffineKernel.Apply(row.Values, parameters[0], parameters[1], rectifies: false, embedding);
        Normalize(embedding);
    }

    /// <inheritdoc/>
    void IEncoder.Embed(IReadOnlyList<float[]> parameters, FeatureBlock rows, int first, Span<float> embeddings)
    {
        int count = embeddings.Length / featureCount;
        for (int i = 0; i < count && rows.IsSparse; i++)
            Embed(parameters, rows[first + i], embeddings.Slice(i * featureCount, featureCount));
        if (rows.IsSparse)
            return;
        AffineKernel.Apply(rows.Dense.Slice(first * featureCount, embeddings.Length), parameters[0], parameters[1], rectifies: false, embeddings);
        for (int i = 0; i < count; i++)
            Normalize(embeddings.Slice(i * featureCount, featureCount));
    }

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows)
    {
        GraphTensor mapped = rows.Reshape(-1, 1, featureCount).MatMul(parameters[0].Shaped(featureCount, featureCount)) + parameters[1].Shaped(1, featureCount);
        return (mapped / (mapped.SumOfSquares() * (1f / featureCount) + Epsilon).Apply("Sqrt")).Reshape(-1, featureCount);
    }

    private static void Normalize(Span<float> embedding) =>
        TensorPrimitives.Multiply(embedding, 1 / MathF.Sqrt(OrderedSum.OfProducts(embedding, embedding) / embedding.Length + Epsilon), embedding);
}
