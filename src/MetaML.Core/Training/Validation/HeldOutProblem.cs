using MetaML.Heads;
using MetaML.Models;

namespace MetaML.Training.Validation;

/// <summary>The held-out rows of one problem, scored by one learner.</summary>
/// <param name="Kind">The kind of label.</param>
/// <param name="LossUnit">The divisor of losses: the variance of labels, or 1 for classes.</param>
/// <param name="Rows">The rows by which learners are compared.</param>
internal sealed record HeldOutProblem(LabelKind Kind, double LossUnit, IReadOnlyList<HeldOutRow> Rows)
{
    /// <summary>The rows for a calibration, with supports of all sizes; null if scores cannot be calibrated.</summary>
    public IReadOnlyList<HeldOutRow>? CalibrationRows { get; init; }

    /// <summary>The number of tasks of <see cref="CalibrationRows"/>; 0 if rows of the training tasks are held out.</summary>
    public int CalibrationTasks { get; init; }

    /// <summary>The loss of each task for each size of its support.</summary>
    /// <param name="calibration">The calibration of the scores; null for none.</param>
    public IEnumerable<EvaluatedEpisode> Losses(ScoreCalibration? calibration) => Rows.GroupBy(row => (row.Unit, row.Support)).Select(episode =>
    {
        double sum = 0, weight = 0;
        foreach (HeldOutRow row in episode)
        {
            float[] scores = calibration?.Apply(row.Scores, row.PriorScores, row.One, row.Support) ?? row.Scores;
            sum += row.Weight * ScoreLoss.Of(Kind, scores, row.Label) / LossUnit;
            weight += row.Weight;
        }

        return (episode.Key.Unit, Loss: sum / weight, weight);
    }).Where(episode => episode.weight > 0).Select(episode => new EvaluatedEpisode(episode.Unit, episode.Loss));
}
