using MetaML.Adapters.Logistic;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;

namespace MetaML.Training.Validation;

/// <summary>Fits the <see cref="ScoreCalibration"/> of a model with binary labels: logistic regression of labels on scores, on the query rows of episodes with supports of several sizes.</summary>
/// <remarks>
/// Slopes are fitted on held-out tasks, which the encoder was not trained on, or on all tasks if there is no encoder. Offsets are fitted
/// on all tasks, because the rate of positives varies too much between a few tasks. Supports are drawn
/// without regard to classes. The map for one size of support is the map for all sizes plus a deviation, which a penalty keeps small.
/// </remarks>
internal static class CalibrationFit
{
    private const int MaximumOfClass = 5_000; // rows of each class in a fit; they get the total weight of all rows of the class
    private const int MinimumOfClass = 10; // query rows of each class
    private const double SmallestSlope = 1e-3; // of the prior score: the calibrated score of the prior increases with its score

    // Prior standard deviations of the map for all sizes (Free), and of the deviations of the map for one size.
    private const double Free = 30, OfSlope = 0.3, OfOffset = 0.1;

    /// <summary>The calibration; null if there are fewer than ten rows of a class.</summary>
    /// <param name="slopes">The rows that slopes are fitted on; none if there are too few tasks, so that slopes are those of the identity.</param>
    /// <param name="offsets">The rows that offsets are fitted on.</param>
    /// <param name="seed">The seed of the choice of rows.</param>
    public static ScoreCalibration? Fit(IReadOnlyList<HeldOutRow> slopes, IReadOnlyList<HeldOutRow> offsets, int seed)
    {
        if (Math.Min(offsets.Count(row => row.Label > 0), offsets.Count(row => row.Label == 0)) < MinimumOfClass)
            return null;
        var random = new Random(seed);
        return FitOffsets(Thin(offsets, random), slopes.Count > 0 ? FitSlopes(Thin(slopes, random)) : ScoreCalibration.Identity);
    }

    private static HeldOutRow[] Thin(IEnumerable<HeldOutRow> rows, Random random) => [.. rows.GroupBy(row => row.Label > 0).OrderByDescending(group => group.Key).SelectMany(group =>
    {
        HeldOutRow[] all = [.. group];
        int count = Math.Min(all.Length, MaximumOfClass);
        return RowSampler.Some(all.Length, count, random).Select(i => all[i] with { Weight = all[i].Weight * all.Length / count });
    })];

    // The first fit gives the map for all sizes. The second fit maps its result for each size: a factor of the whole, a factor of the
    // difference from the prior, and an offset.
    private static ScoreCalibration FitSlopes(HeldOutRow[] rows)
    {
        double[] common = Fit(rows, [1, 0, 0], [Free, Free, Free], (row, x) => (x[0], x[1], x[2]) = (row.Score, row.PriorScore, row.One));
        double own = Math.Max(0, common[0]), prior = common[1], offset = common[2], total = Math.Max(SmallestSlope, own + prior);
        prior = total - own;
        int sizes = ScoreCalibration.Sizes.Count;
        double[] maps = Fit(rows, [.. Enumerable.Repeat(1.0, sizes), .. new double[2 * sizes]], [.. Enumerable.Repeat(OfSlope, 2 * sizes), .. Enumerable.Repeat(OfOffset, sizes)], (row, x) =>
        {
            foreach (var (at, share) in ScoreCalibration.Shares(row.Support))
            {
                x[at] = (float)(share * (own * row.Score + prior * row.PriorScore + offset * row.One));
                x[sizes + at] = (float)(share * total * (row.Score - row.PriorScore));
                x[2 * sizes + at] = (float)share * row.One;
            }
        });
        double[] totals = [.. maps[..sizes].Select(factor => Math.Max(SmallestSlope, factor * total))];
        double[] slopes = [.. totals.Select((sum, at) => Math.Max(0, sum / total * own + maps[sizes + at] * total))];
        return new ScoreCalibration(slopes, [.. totals.Zip(slopes, (sum, slope) => sum - slope)], [.. totals.Select((sum, at) => sum / total * offset + maps[2 * sizes + at])]);
    }

    private static ScoreCalibration FitOffsets(HeldOutRow[] rows, ScoreCalibration start)
    {
        int sizes = ScoreCalibration.Sizes.Count;
        double[] map = Fit(rows, [1, .. new double[1 + sizes]], [0, Free, .. Enumerable.Repeat(OfOffset, sizes)], (row, x) =>
        {
            x[1] = row.One;
            foreach (var (at, share) in ScoreCalibration.Shares(row.Support))
            {
                x[0] += (float)(share * (start.Slopes[at] * row.Score + start.PriorSlopes[at] * row.PriorScore + start.Offsets[at] * row.One));
                x[2 + at] = (float)share * row.One;
            }
        });
        return start with { Offsets = [.. start.Offsets.Select((offset, at) => offset + map[1] + map[2 + at])] };
    }

    // Logistic regression without an intercept, with a normal prior around a centre.
    private static double[] Fit(HeldOutRow[] rows, double[] centre, double[] deviations, FillRow fill)
    {
        int dimension = centre.Length;
        var embeddings = new float[rows.Length * dimension];
        for (int i = 0; i < rows.Length; i++)
            fill(rows[i], embeddings.AsSpan(i * dimension, dimension));
        var task = new EmbeddedTask(embeddings, dimension, Array.ConvertAll(rows, row => row.Label), Array.ConvertAll(rows, row => row.Weight), 1);
        var fit = new PenalizedFit(LabelKind.Binary, task, [.. centre, 0], [.. deviations, 0], null);
        return Array.ConvertAll(fit.ToHead(fit.Minimize()).Weights, weight => (double)weight);
    }

    private delegate void FillRow(HeldOutRow row, Span<float> x);
}
