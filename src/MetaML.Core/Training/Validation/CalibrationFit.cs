using MetaML.Episodes;
using MetaML.Models;

namespace MetaML.Training.Validation;

/// <summary>Fits the <see cref="ScoreCalibration"/> of a model for classes: conditional logistic regression of labels on scores, on the query rows of episodes with supports of several sizes.</summary>
/// <remarks>
/// Slopes are fitted on held-out tasks, which the encoder was not trained on, or on all tasks if there is no encoder. Offsets are fitted
/// on all tasks, because the rates of classes vary too much between a few tasks. Supports are drawn
/// without regard to classes. The slopes for one size of support are those for all sizes plus a deviation, which a penalty keeps small.
/// </remarks>
internal sealed class CalibrationFit
{
    private const int MaximumRows = 10_000; // of a fit, at most an equal share of each class and size; they get the total weight of all rows of that class and size
    private const int MaximumScores = 2_000_000; // of a fit
    private const int MinimumOfClass = 10; // query rows of a class
    private const double SmallestSlope = 1e-3; // of the prior score: the calibrated score of the prior increases with its score

    // Prior standard deviations: of a number that rows determine; of slopes for one size; of offsets for one size, and of those of classes with too few rows.
    private const double Free = 30, OfSlope = 0.3, OfOffset = 0.1;

    private static readonly int s_sizes = ScoreCalibration.Sizes.Count;

    private readonly Random _random;
    private readonly int _outputs; // 2 for binary labels, where the score of the first is 0
    private readonly bool _isBinary;
    private readonly double[] _offsetDeviations;

    private CalibrationFit(IReadOnlyList<HeldOutRow> offsets, Random random)
    {
        _random = random;
        _isBinary = offsets[0].Scores.Length == 1;
        _outputs = _isBinary ? 2 : offsets[0].Scores.Length;
        _offsetDeviations = [.. Enumerable.Range(0, _outputs).Select(k => _isBinary && k == 0 ? 0 : offsets.Count(row => row.Label == k) < MinimumOfClass ? OfOffset : Free)];
    }

    /// <summary>The calibration; null unless two classes have ten rows.</summary>
    /// <param name="slopes">The rows that slopes are fitted on; none if there are too few tasks, so that slopes are those of the identity.</param>
    /// <param name="offsets">The rows that offsets are fitted on.</param>
    /// <param name="seed">The seed of the choice of rows.</param>
    public static ScoreCalibration? Fit(IReadOnlyList<HeldOutRow> slopes, IReadOnlyList<HeldOutRow> offsets, int seed)
    {
        if (offsets.GroupBy(row => row.Label).Count(rows => rows.Count() >= MinimumOfClass) < 2)
            return null;
        var fit = new CalibrationFit(offsets, new Random(seed));
        return fit.FitOffsets(fit.Thin(offsets), slopes.Count > 0 ? fit.FitSlopes(fit.Thin(slopes)) : ScoreCalibration.Identity);
    }

    private HeldOutRow[] Thin(IReadOnlyList<HeldOutRow> rows)
    {
        int classes = rows.Select(row => row.Label).Distinct().Count();
        int most = Math.Max(1, Math.Min(MaximumRows, MaximumScores / _outputs) / Math.Max(2, classes) / s_sizes);
        return [.. rows.GroupBy(row => (row.Label, Size: ScoreCalibration.Shares(row.Support).MaxBy(part => part.Share).At)).OrderByDescending(group => group.Key.Label).ThenBy(group => group.Key.Size).SelectMany(group =>
        {
            HeldOutRow[] all = [.. group];
            int count = Math.Min(all.Length, most);
            return RowSampler.Some(all.Length, count, _random).Select(i => all[i] with { Weight = all[i].Weight * all.Length / count });
        })];
    }

    // The first fit gives slopes and offsets for all sizes. The second fit changes the slopes for each size: by a factor of both, and by a
    // factor of the difference from the prior.
    private ScoreCalibration FitSlopes(HeldOutRow[] rows)
    {
        double[] common = Fit(rows, 1, 2, [1, 0, .. new double[_outputs]], [Free, Free, .. _offsetDeviations], (row, score, prior, x) => (x[0], x[1]) = (score, prior));
        double own = Math.Max(0, common[0]), total = Math.Max(SmallestSlope, own + common[1]), other = total - own;
        double[] maps = Fit(
            rows,
            s_sizes,
            2,
            [.. Enumerable.Range(0, s_sizes).SelectMany(_ => new double[] { 1, 0 }), .. common[2..]],
            [.. Enumerable.Repeat(OfSlope, 2 * s_sizes), .. _offsetDeviations.Select(deviation => Math.Min(deviation, OfOffset))],
            (row, score, prior, x) => (x[0], x[1]) = ((float)(own * score + other * prior), (float)(total * (score - prior))));
        double[] totals = [.. Enumerable.Range(0, s_sizes).Select(at => Math.Max(SmallestSlope, maps[2 * at] * total))];
        double[] slopes = [.. totals.Select((sum, at) => Math.Max(0, sum / total * own + maps[2 * at + 1] * total))];
        return ScoreCalibration.Identity with { Slopes = slopes, PriorSlopes = [.. totals.Zip(slopes, (sum, slope) => sum - slope)] };
    }

    // With two classes, the offset has a deviation for each size. With more classes, the offsets are those of the classes.
    private ScoreCalibration FitOffsets(HeldOutRow[] rows, ScoreCalibration slopes)
    {
        double[] map = Fit(
            rows,
            s_sizes,
            2,
            [.. Enumerable.Range(0, s_sizes).SelectMany(_ => new double[] { 1, 0 }), .. new double[_outputs]],
            [.. Enumerable.Range(0, s_sizes).SelectMany(_ => new[] { 0, _isBinary ? OfOffset : 0 }), .. _offsetDeviations],
            (row, score, prior, x) => (x[0], x[1]) = (slopes.Apply(score, prior, row.One, row.Support), row.One));
        double[] offsets = map[(2 * s_sizes)..];
        return _isBinary
            ? slopes with { Offsets = [.. Enumerable.Range(0, s_sizes).Select(at => offsets[1] + map[2 * at + 1])] }
            : slopes with { ClassOffsets = offsets };
    }

    private double[] Fit(HeldOutRow[] rows, int sizes, int terms, double[] centre, double[] deviations, FillTerms fill) =>
        ConditionalLogit.Fit([.. rows.Select(row => new LogitRow(Terms(row, terms, fill), sizes == 1 ? [(0, 1)] : ScoreCalibration.Shares(row.Support), row.One, (int)row.Label, row.Weight))], terms, _outputs, centre, deviations);

    private float[] Terms(HeldOutRow row, int terms, FillTerms fill)
    {
        int first = _outputs - row.Scores.Length;
        var values = new float[_outputs * terms];
        for (int k = first; k < _outputs; k++)
            fill(row, row.Scores[k - first], row.PriorScores[k - first], values.AsSpan(k * terms, terms));
        return values;
    }

    private delegate void FillTerms(HeldOutRow row, float score, float priorScore, Span<float> x);
}
