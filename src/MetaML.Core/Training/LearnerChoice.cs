using MetaML.Training.Validation;

namespace MetaML.Training;

/// <summary>Chooses a learner by its losses on held-out tasks.</summary>
/// <remarks>
/// Candidates are compared by cross-validation over tasks (<see cref="LearnerComparison"/>). The prior belief is that the simpler of two learners
/// is better: a more complex one must have a lower loss by half a standard error of the difference. The prior-fitted network, which comes first with few
/// tasks, is replaced only if its loss is larger by two standard errors and by a third: few tasks are judged on rows of their own, and it is often better for new tasks.
/// </remarks>
internal static class LearnerChoice
{
    /// <summary>The rule of the choice, for the log.</summary>
    public const string Rule = "A more complex learner is chosen only if it is better by more than half a standard error.";

    // The belief that a simpler learner is better: the number of standard errors by which a more complex one must be better.
    private const double Doubt = 0.5;

    // A gain of so many standard errors is not due to chance, unless there are too few units for a standard error.
    private const double Decisive = 2;
    private const int FewUnits = 5;

    private const double LargeGain = 0.25; // as a share of the loss

    /// <summary>Chooses the best learner.</summary>
    /// <param name="learners">The evaluated learners, the simplest first.</param>
    public static EvaluatedLearner Choose(IReadOnlyList<EvaluatedLearner> learners)
    {
        EvaluatedLearner best = learners[0];
        foreach (EvaluatedLearner other in learners.Skip(1))
        {
            if (best.Learner is { Options.Adapter: { } adapter } && adapter.LearnsOneTask() ? IsMuchBetter(other, best) : IsBetter(other, best, Doubt))
                best = other;
        }

        return best;
    }

    /// <summary>Whether a learner's relative losses (<see cref="EvaluatedEpisode.RelativeLoss"/>) are lower than a simpler one's by more than a number of standard errors.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="simpler">The simpler learner. They are compared on the units of both.</param>
    /// <param name="errors">The number of standard errors of the mean difference over units.</param>
    public static bool IsBetter(EvaluatedLearner learner, EvaluatedLearner simpler, double errors)
    {
        var (mean, error, _) = Gain(learner, simpler);
        return mean > errors * error;
    }

    private static bool IsMuchBetter(EvaluatedLearner learner, EvaluatedLearner simpler)
    {
        var (mean, error, _) = Gain(learner, simpler);
        return mean > Decisive * error && mean > LargeGain * LossOfUnits(simpler).Values.Average();
    }

    /// <summary>Whether a learner is not clearly worse than a simpler one, and not better by more than what may be due to chance.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="simpler">The simpler learner.</param>
    public static bool IsInDoubt(EvaluatedLearner learner, EvaluatedLearner simpler)
    {
        var (mean, error, units) = Gain(learner, simpler);
        return mean > -error && (units < FewUnits || mean < Decisive * error);
    }

    // The mean gain over units and its standard error. Episodes of one held-out task are not independent. If rows of known tasks are held
    // out in several folds, these tasks are scored later too, so that differences between them are no error.
    private static (double Mean, double Error, int Units) Gain(EvaluatedLearner learner, EvaluatedLearner simpler)
    {
        Dictionary<HeldOutUnit, double> losses = LossOfUnits(learner);
        (int Task, double Gain)[] gains = [.. LossOfUnits(simpler).Where(unit => losses.ContainsKey(unit.Key)).Select(unit => (unit.Key.Task, unit.Value - losses[unit.Key]))];
        double[][] tasks = [.. gains.GroupBy(gain => gain.Task, gain => gain.Gain).Select(task => task.ToArray())];
        double[][] strata = tasks.All(task => task.Length > 1) ? tasks : [Array.ConvertAll(gains, gain => gain.Gain)];
        double squares = strata.Sum(stratum => stratum.Sum(gain => (gain - stratum.Average()) * (gain - stratum.Average())));
        return (gains.Average(gain => gain.Gain), Math.Sqrt(squares / Math.Max(1, gains.Length - strata.Length) / gains.Length), gains.Length);
    }

    private static Dictionary<HeldOutUnit, double> LossOfUnits(EvaluatedLearner learner) =>
        learner.Episodes.GroupBy(episode => episode.Unit, episode => episode.RelativeLoss).ToDictionary(unit => unit.Key, unit => unit.Average());
}
