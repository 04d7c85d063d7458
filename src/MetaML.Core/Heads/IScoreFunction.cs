namespace MetaML.Heads;

/// <summary>A function from an embedding to scores. It is safe for concurrent use.</summary>
internal interface IScoreFunction
{
    /// <summary>Computes the scores of a row.</summary>
    /// <param name="embedding">[embedding].</param>
    /// <param name="scores">Receives [outputs]: logits, or a value for standardised labels.</param>
    /// <returns>The variance of the label if labels are values; 0 for classes.</returns>
    float Predict(ReadOnlySpan<float> embedding, Span<float> scores);
}
