namespace MetaML.Heads;

/// <summary>A function from an embedding to scores. It is safe for concurrent use.</summary>
internal interface IScoreFunction
{
    /// <summary>Computes the scores of rows, which are faster together.</summary>
    /// <param name="embeddings">[rows, embedding].</param>
    /// <param name="scores">Receives [rows, outputs]: logits, or values for standardised labels.</param>
    /// <param name="variances">Receives the variance of the label of each row if labels are values; 0 for classes. Its length is the number of rows.</param>
    void Predict(ReadOnlySpan<float> embeddings, Span<float> scores, Span<float> variances);
}
