using System.Numerics.Tensors;

namespace MetaML.Heads;

/// <summary>A part of the scores of a head that is not linear in the embedding. It is added to the linear scores, and its variance to that of the linear part.</summary>
/// <param name="Function">Computes the part, for standardised labels.</param>
/// <param name="Scale">The factor of the scores, and of deviations: the standard deviation of the labels.</param>
internal sealed record ScoreTerm(IScoreFunction Function, float Scale = 1)
{
    /// <summary>Adds the part to the scores of rows.</summary>
    /// <param name="embeddings">[rows, embedding].</param>
    /// <param name="scores">[rows, outputs]: receives the sums.</param>
    /// <param name="variances">Receives for each row the variance of a value that the linear part does not have; 0 for classes. Its length is the number of rows.</param>
    public void AddTo(ReadOnlySpan<float> embeddings, Span<float> scores, Span<float> variances)
    {
        Span<float> parts = scores.Length <= 16 ? stackalloc float[scores.Length] : new float[scores.Length];
        Function.Predict(embeddings, parts, variances);
        for (int i = 0; i < scores.Length; i++)
            scores[i] += Scale * parts[i];
        TensorPrimitives.Multiply(variances, Scale * Scale, variances);
    }
}
