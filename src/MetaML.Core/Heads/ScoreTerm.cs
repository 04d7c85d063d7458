namespace MetaML.Heads;

/// <summary>A part of the scores of a head that is not linear in the embedding. It is added to the linear scores, and its variance to that of the linear part.</summary>
/// <param name="Function">Computes the part, for standardised labels.</param>
/// <param name="Scale">The factor of the scores, and of deviations: the standard deviation of the labels.</param>
internal sealed record ScoreTerm(IScoreFunction Function, float Scale = 1)
{
    /// <summary>Adds the part to scores.</summary>
    /// <param name="embedding">[embedding].</param>
    /// <param name="scores">[outputs]: receives the sums.</param>
    /// <returns>The variance of a value that the linear part does not have; 0 for classes.</returns>
    public float AddTo(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        Span<float> part = scores.Length <= 16 ? stackalloc float[scores.Length] : new float[scores.Length];
        float variance = Function.Predict(embedding, part);
        for (int k = 0; k < scores.Length; k++)
            scores[k] += Scale * part[k];
        return Scale * Scale * variance;
    }
}
