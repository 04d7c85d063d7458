using System.Text.Json.Serialization;
using MetaML.Heads;
using MetaML.Options;

namespace MetaML.Models;

/// <summary>A map of the scores of binary heads, s → a(n) s + b(n) s₀ + c(n), after which probabilities agree with observed rates.</summary>
/// <remarks>
/// n is the number of rows that a task was adapted on, and s₀ is the score of the prior, the head of a task without rows: b shrinks a head
/// towards it. a, b and c are linear in log(1 + n) between <see cref="Sizes"/>, and constant above the largest. Source: Platt, Probabilistic
/// outputs for support vector machines, 1999; the prior's score, and a map for each size of the support, are additions.
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

    /// <summary>The head with calibrated scores.</summary>
    /// <param name="head">A head with one output.</param>
    /// <param name="prior">The head of a task without rows on the same encoder; the head itself if the task has an encoder of its own.</param>
    /// <param name="rows">The number of rows that the head was adapted on.</param>
    public LinearHead Apply(LinearHead head, LinearHead prior, int rows)
    {
        var (slope, priorSlope, offset) = At(rows);
        return head with
        {
            Weights = [.. head.Weights.Zip(prior.Weights, (own, other) => (float)(slope * own + priorSlope * other))],
            Bias = [.. head.Bias.Zip(prior.Bias, (own, other) => (float)(slope * own + priorSlope * other + offset))],
        };
    }

    /// <summary>The calibrated score of one row.</summary>
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
    public static IEnumerable<(int At, double Share)> Shares(int rows)
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
    /// <exception cref="ArgumentException">There are not three finite numbers for each size.</exception>
    public void Validate()
    {
        foreach (var (name, values) in new[] { (nameof(Slopes), Slopes), (nameof(PriorSlopes), PriorSlopes), (nameof(Offsets), Offsets) })
        {
            OptionCheck.NotNull(this, name, values);
            if (values.Length != Sizes.Count || !values.All(double.IsFinite))
                throw OptionCheck.Error(this, name, $"{Sizes.Count} finite numbers", string.Join(", ", values));
        }
    }
}
