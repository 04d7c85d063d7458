using MetaML.Adapters.Bayesian.Priors;
using MetaML.Models;
using MetaML.Training.Loop;
using MetaML.Training.Validation;

namespace MetaML.Training;

/// <summary>A trained learner with its losses on held-out data.</summary>
/// <param name="Learner">The learner of the first fold.</param>
/// <param name="Episodes">The losses. Learners of a training are compared on the units that they share.</param>
/// <param name="Calibrations">The calibration of the scores of each problem; null for none.</param>
internal sealed record EvaluatedLearner(TrainedLearner Learner, IReadOnlyList<EvaluatedEpisode> Episodes, IReadOnlyList<ScoreCalibration?> Calibrations)
{
    /// <summary>Fewer tasks say too little about the slopes of other tasks, unless there is an encoder.</summary>
    public const int MinimumTasksOfSlopes = 10;

    private const int MinimumTasksOfEncoder = 3; // an encoder can be far too certain

    // Errors have heavy tails if Student's t makes them more likely than the normal distribution by so many nats, and for each row.
    private const double GainOfOutliers = 10, GainOfOutliersOfRow = 0.02;

    /// <summary>The name of the learner: encoder and adapter.</summary>
    public string Name => LearnerName.Of(Learner.Options);

    /// <summary>Whether errors of values on held-out rows, in units of their deviations, are far from normal.</summary>
    public bool HasHeavyTails { get; private init; }

    /// <summary>The mean loss of the episodes.</summary>
    public double Loss => Episodes.Average(episode => episode.Loss);

    /// <summary>Calibrates a learner, and computes its losses.</summary>
    /// <param name="learner">The learner of the first fold.</param>
    /// <param name="folds">The scores of each fold.</param>
    /// <param name="judgesAll">Whether the folds hold out all tasks together.</param>
    /// <param name="run">The whole training.</param>
    public static EvaluatedLearner Of(TrainedLearner learner, IReadOnlyList<HeldOutProblem[]> folds, bool judgesAll, TrainingRun run)
    {
        ScoreCalibration?[] calibrations = [.. Enumerable.Range(0, learner.ProblemCount).Select(i => Calibrate(learner, i, [.. folds.Select(fold => fold[i])], judgesAll, run))];
        return new EvaluatedLearner(learner, [.. folds.SelectMany(fold => fold.Zip(calibrations).SelectMany(pair => pair.First.Losses(pair.Second)))], calibrations)
        {
            HasHeavyTails = Enumerable.Range(0, learner.ProblemCount).Any(i => HasHeavyTailsIn(folds.SelectMany(fold => fold[i].Kind == LabelKind.Regression ? fold[i].Rows : []))),
        };
    }

    private static bool HasHeavyTailsIn(IEnumerable<HeldOutRow> rows)
    {
        double[] squares = [.. rows.Select(row => Math.Pow(((double)row.Label - row.Scores[0]) * row.One, 2))];
        return squares.Length > 0 && StudentNoise.Fit(squares).Gain > Math.Max(GainOfOutliers, GainOfOutliersOfRow * squares.Length);
    }

    private static ScoreCalibration? Calibrate(TrainedLearner learner, int number, HeldOutProblem[] folds, bool judgesAll, TrainingRun run)
    {
        if (folds.Any(fold => fold.CalibrationRows is null))
            return null;
        HeldOutRow[] heldOut = [.. folds.SelectMany(fold => fold.CalibrationRows!)];
        if (folds[0].Kind == LabelKind.Regression)
            return DeviationFit.Fit(heldOut);
        HeldOutRow[] all = judgesAll ? heldOut : [.. heldOut, .. learner.ScoreTraining(number, run)];
        int minimum = learner.HasEncoder ? MinimumTasksOfEncoder : MinimumTasksOfSlopes;
        return CalibrationFit.Fit(folds.Sum(fold => fold.CalibrationTasks) < minimum ? [] : learner.HasEncoder ? heldOut : all, all, learner.Options.Seed ?? 0);
    }

    /// <summary>The models, with priors completed on all tasks.</summary>
    /// <param name="run">The whole training.</param>
    public IReadOnlyList<MetaModel> Complete(TrainingRun run) => Learner.Complete(this, run);
}
