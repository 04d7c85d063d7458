using System.Text.Json.Serialization;
using MetaML.Heads;
using MetaML.Options;

namespace MetaML.Models;

/// <summary>A map of the scores of heads for classes, sₖ → a(n) sₖ + b(n) s₀ₖ + c(n) + dₖ, after which probabilities agree with observed rates; for values, factors of their deviations, after which these agree with observed errors.</summary>
/// <remarks>
/// n is the number of rows that a task was adapted on, and s₀ is the score of the prior, the head of a task without rows: b shrinks a head
/// towards it. a, b and c are linear in log(1 + n) between <see cref="Sizes"/>, and constant above the largest. Binary labels have one score
/// and no d. With several classes c is 0. Sources: Platt, Probabilistic outputs for support vector machines, 1999; for several classes, bias-corrected
/// temperature scaling (arXiv 1901.06852). The prior's score, and a map for each size of the support, are additions.
/// </remarks>
/// <param name="Slopes">a at each of <see cref="Sizes"/>.</param>
/// <param name="PriorSlopes">b at each of <see cref="Sizes"/>.</param>
/// <param name="Offsets">c at each of <see cref="Sizes"/>.</param>
internal sealed record ScoreCalibration(double[] Slopes, double[] PriorSlopes, double[] Offsets)
{
    /// <summary>The numbers of support rows at which the map is given; the first is that of an unknown task.</summary>
    [JsonIgnore]
    public static IReadOnlyList<int> Sizes { get; } = [0, 4, 16, 64, 256];

    /// <summary>The map that changes no score.</summary>
    [JsonIgnore]
    public static ScoreCalibration Identity { get; } = new([.. Sizes.Select(_ => 1.0)], new double[Sizes.Count], new double[Sizes.Count]);

    /// <summary>d, for each output of several classes; null for binary labels.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double[]? ClassOffsets { get; init; }

    /// <summary>The factor of the deviation of scores at each of <see cref="Sizes"/>; null for classes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double[]? Deviations { get; init; }

    /// <summary>Factors of deviations that leave scores as they are.</summary>
    /// <param name="factors">At each of <see cref="Sizes"/>.</param>
    public static ScoreCalibration OfDeviations(double[] factors) => Identity with { Deviations = factors };

    /// <summary>The head with calibrated scores, or with calibrated deviations.</summary>
    /// <param name="head">A head.</param>
    /// <param name="prior">The head of a task without rows on the same encoder; the head itself if the task has an encoder of its own.</param>
    /// <param name="rows">The number of rows that the head was adapted on.</param>
    public LinearHead Apply(LinearHead head, LinearHead prior, int rows)
    {
        if (Deviations is not null)
            return head with { PredictiveVariance = head.PredictiveVariance is { } variance ? variance with { Noise = (float)(variance.Noise * Shares(rows).Sum(part => part.Share * Deviations[part.At])) } : null };
        var (slope, priorSlope, offset) = At(rows);
        return head with
        {
            Weights = [.. head.Weights.Zip(prior.Weights, (own, other) => (float)(slope * own + priorSlope * other))],
            Bias = [.. head.Bias.Select((own, k) => (float)(slope * own + priorSlope * prior.Bias[k] + offset + OffsetOf(k)))],
        };
    }

    /// <summary>The calibrated scores of one row.</summary>
    /// <param name="scores">The score of each output.</param>
    /// <param name="priorScores">The scores by the prior.</param>
    /// <param name="one">The effect of one more unit of intercept on a score.</param>
    /// <param name="rows">The number of rows that the head was adapted on.</param>
    public float[] Apply(float[] scores, float[] priorScores, float one, int rows)
    {
        var (slope, priorSlope, offset) = At(rows);
        return [.. scores.Select((score, k) => (float)(slope * score + priorSlope * priorScores[k] + (offset + OffsetOf(k)) * one))];
    }

    /// <summary>The calibrated score of one output without d.</summary>
    /// <param name="score">The score.</param>
    /// <param name="priorScore">The score by the prior.</param>
    /// <param name="one">The effect of one more unit of intercept on the score.</param>
    /// <param name="rows">The number of rows that the head was adapted on.</param>
    public float Apply(float score, float priorScore, float one, int rows)
    {
        var (slope, priorSlope, offset) = At(rows);
        return (float)(slope * score + priorSlope * priorScore + offset * one);
    }

    /// <summary>a(n): the effect of one more unit of score.</summary>
    /// <param name="rows">The number of rows that the head was adapted on.</param>
    public double SlopeAt(int rows) => At(rows).Slope;

    private double OffsetOf(int output) => ClassOffsets is null ? 0 : ClassOffsets[output];

    private (double Slope, double PriorSlope, double Offset) At(int rows)
    {
        double slope = 0, priorSlope = 0, offset = 0;
        foreach (var (at, share) in Shares(rows))
        {
            slope += share * Slopes[at];
            priorSlope += share * PriorSlopes[at];
            offset += share * Offsets[at];
        }

        return (slope, priorSlope, offset);
    }

    /// <summary>How a number of rows lies between <see cref="Sizes"/>: one or two of them, with shares that sum to 1.</summary>
    public static IReadOnlyList<(int At, double Share)> Shares(int rows)
    {
        int next = 0;
        while (next < Sizes.Count && Sizes[next] < rows)
            next++;
        if (next == Sizes.Count)
            return [(Sizes.Count - 1, 1)];
        if (next == 0 || Sizes[next] == rows)
            return [(next, 1)];
        double share = Math.Log((1.0 + rows) / (1 + Sizes[next - 1])) / Math.Log((1.0 + Sizes[next]) / (1 + Sizes[next - 1]));
        return [(next - 1, 1 - share), (next, share)];
    }

    /// <summary>Checks a calibration that was read from a file.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="classes">The number of classes of a model with several common classes; null for other models.</param>
    /// <exception cref="ArgumentException">There are not three finite numbers for each size, and one for each class; or not a positive factor for each size if labels are values.</exception>
    public void Validate(LabelKind kind, int? classes)
    {
        if (Deviations is null != (kind != LabelKind.Regression) || Deviations?.Length is { } count && (count != Sizes.Count || !Deviations!.All(factor => factor > 0 && double.IsFinite(factor))))
            throw OptionCheck.Error(this, nameof(Deviations), kind == LabelKind.Regression ? $"{Sizes.Count} positive numbers" : "null for classes", Deviations is null ? "null" : string.Join(", ", Deviations.Take(10)));
        if (ClassOffsets?.Length != classes || ClassOffsets?.All(double.IsFinite) == false)
            throw OptionCheck.Error(this, nameof(ClassOffsets), classes is null ? "null for binary labels" : $"{classes} finite numbers", ClassOffsets is null ? "null" : string.Join(", ", ClassOffsets.Take(10)));
        foreach (var (name, values) in new[] { (nameof(Slopes), Slopes), (nameof(PriorSlopes), PriorSlopes), (nameof(Offsets), Offsets) })
        {
            OptionCheck.NotNull(this, name, values);
            if (values.Length != Sizes.Count || !values.All(double.IsFinite))
                throw OptionCheck.Error(this, name, $"{Sizes.Count} finite numbers", string.Join(", ", values));
        }
    }
}
