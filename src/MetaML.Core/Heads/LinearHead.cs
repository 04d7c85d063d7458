using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;

namespace MetaML.Heads;

/// <summary>A linear map from an embedding to scores.</summary>
/// <param name="Weights">[outputs, embedding], row-major.</param>
/// <param name="Bias">[outputs].</param>
public sealed record LinearHead(float[] Weights, float[] Bias)
{
    /// <summary>The uncertainty of scores: for regression the deviation of labels from scores, for counts the variance of the logarithm of a rate, for classes the divisor of scores in a <see cref="MetaScorer"/>. Null if the adapter gives none.</summary>
    public PredictiveVariance? PredictiveVariance { get; init; }

    /// <summary>How the head predicts counts; null if labels are not counts. The scores of the head are then logarithms of rates.</summary>
    internal CountDistribution? Counts { get; init; }

    /// <summary>The part of the scores that is not linear; null for none.</summary>
    internal ScoreTerm? Term { get; init; }

    /// <summary>Number of outputs.</summary>
    public int OutputCount => Bias.Length;

    /// <summary>Scores an embedding.</summary>
    /// <param name="embedding">[embedding].</param>
    /// <param name="scores">Receives [outputs] logits, or values for regression.</param>
    public void Score(ReadOnlySpan<float> embedding, Span<float> scores)
    {
        for (int k = 0; k < Bias.Length; k++)
            scores[k] = Score(embedding, k);
    }

    /// <summary>The head whose scores are in the user's units, if those of this head are for scaled labels.</summary>
    /// <param name="labels">The scaling of the labels.</param>
    internal LinearHead Restored(LabelScaling labels) => labels == LabelScaling.None
        ? this
        : this with
        {
            Weights = Array.ConvertAll(Weights, weight => (float)(weight * labels.Deviation)),
            Bias = Array.ConvertAll(Bias, bias => (float)(bias * labels.Deviation + labels.Mean)),
            PredictiveVariance = PredictiveVariance is { } variance ? variance with { Noise = (float)(variance.Noise * labels.Deviation) } : null,
            Term = Term is { } term ? term with { Scale = (float)(term.Scale * labels.Deviation) } : null,
        };

    /// <summary>One output's score.</summary>
    internal float Score(ReadOnlySpan<float> embedding, int output) =>
        OrderedSum.OfProducts(embedding, Weights.AsSpan(output * embedding.Length, embedding.Length)) + Bias[output];
}
