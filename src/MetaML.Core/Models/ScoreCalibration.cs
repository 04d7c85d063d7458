using System.Text.Json.Serialization;
using MetaML.Heads;
using MetaML.Options;

namespace MetaML.Models;

/// <summary>An affine map of the scores of binary heads, s → a(n) s + c(n), after which probabilities agree with observed rates.</summary>
/// <remarks>
/// n is the number of rows that a task was adapted on. a and c are linear in log(1 + n) between <see cref="Sizes"/>, and constant above
/// the largest. Source: Platt, Probabilistic outputs for support vector machines, 1999; a map for each size of the support is an addition.
/// </remarks>
/// <param name="Slopes">a at each of <see cref="Sizes"/>.</param>
/// <param name="Offsets">c at each of <see cref="Sizes"/>.</param>
internal sealed record ScoreCalibration(double[] Slopes, double[] Offsets)
{
    /// <summary>The numbers of support rows at which the map is given; the first is that of an unknown task.</summary>
    [JsonIgnore]
    public static IReadOnlyList<int> Sizes { get; } = [0, 4, 16, 64, 256];

    /// <summary>The head with calibrated scores.</summary>
    /// <param name="head">With one output.</param>
    /// <param name="rows">The number of rows that it was adapted on.</param>
    public LinearHead Apply(LinearHead head, int rows)
    {
        double slope = 0, offset = 0;
        foreach (var (at, share) in Shares(rows))
        {
            slope += share * Slopes[at];
            offset += share * Offsets[at];
        }

        return head with
        {
            Weights = Array.ConvertAll(head.Weights, weight => (float)(slope * weight)),
            Bias = Array.ConvertAll(head.Bias, bias => (float)(slope * bias + offset)),
        };
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

    /// <summary>Checks what was read.</summary>
    /// <exception cref="ArgumentException">There is not a finite slope and offset for each size, or a slope is not positive.</exception>
    public void Validate()
    {
        OptionCheck.NotNull(this, nameof(Slopes), Slopes);
        OptionCheck.NotNull(this, nameof(Offsets), Offsets);
        if (Slopes.Length != Sizes.Count || Offsets.Length != Sizes.Count || !Slopes.All(slope => slope > 0 && double.IsFinite(slope)) || !Offsets.All(double.IsFinite))
            throw OptionCheck.Error(this, nameof(Slopes), $"{Sizes.Count} positive numbers, with as many finite offsets", $"{Slopes.Length} and {Offsets.Length}");
    }
}
