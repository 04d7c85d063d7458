using MetaML.Models;

namespace MetaML.Training.Validation;

/// <summary>Fits the factors of predictive deviations: the root of the mean squared error on held-out rows, in units of the stated deviation, for each size of the support.</summary>
/// <remarks>
/// A deviation is that of the posterior under the learned prior, as if this prior were the true one. With few tasks, or with fewer rows than effects, the errors
/// of its mean, its covariance and its noise are not small. Held-out tasks show them all.
/// </remarks>
internal static class DeviationFit
{
    // The weight, as a number of tasks, of the belief that deviations are right, and of the belief that the factor of a size is that of all sizes.
    private const double Belief = 3;

    /// <summary>The calibration; null if no row has a deviation.</summary>
    /// <param name="rows">Rows of held-out tasks, with supports of several sizes.</param>
    public static ScoreCalibration? Fit(IEnumerable<HeldOutRow> rows)
    {
        (int Support, double Square)[] episodes = [.. rows.GroupBy(row => (row.Unit, row.Support)).Select(episode => (episode.Key.Support, episode.Average(Square)))];
        if (episodes.Length == 0)
            return null;
        double common = Mean(episodes.Select(episode => (1.0, episode.Square)), 1);
        return ScoreCalibration.OfDeviations([.. ScoreCalibration.Sizes.Select((_, size) =>
            Math.Sqrt(Mean(episodes.Select(episode => (ScoreCalibration.Shares(episode.Support).Where(share => share.At == size).Sum(share => share.Share), episode.Square)), common)))]);
    }

    private static double Square(HeldOutRow row) => Math.Pow(((double)row.Label - row.Scores[0]) * row.One, 2);

    // A task with several sizes counts once for each: they are not independent, so that the belief is weaker than it says.
    private static double Mean(IEnumerable<(double Weight, double Square)> values, double belief)
    {
        double sum = Belief * belief, total = Belief;
        foreach (var (weight, square) in values)
        {
            sum += weight * square;
            total += weight;
        }

        return sum / total;
    }
}
