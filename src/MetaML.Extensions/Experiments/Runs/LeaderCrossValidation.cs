using MetaML.Extensions.Experiments.Results;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Judges the leading strategies on the training tasks too, part by part, by models that learn from the other tasks.</summary>
/// <remarks>
/// A few validation tasks cannot tell good strategies apart, and their choice is partly due to chance. After each fold, strategies that
/// are worse than the best one by more than two standard errors are left out, apart from the best of each kind. Those that were the best
/// of their kind on the first fold stay too: the other folds had no part in their choice, and so judge them without bias.
/// </remarks>
internal sealed class LeaderCrossValidation(ExperimentRunner runner, ExperimentBudget budget, TaskMetric metric)
{
    private const int MostLeaders = 8;

    private const double Decisive = 2; // standard errors

    /// <summary>Judges the leaders on as many folds as the time and the number of models allow.</summary>
    /// <param name="folds">The folds after the first, whose held-out tasks are the validation tasks.</param>
    /// <returns>Whether no leader and no fold was left out.</returns>
    public bool Run(IEnumerable<ExperimentFold> folds)
    {
        bool isComplete = true;
        foreach (ExperimentFold fold in folds)
        {
            RunDetail[] leaders = Leaders();
            if (leaders.Length < 2)
                break; // nothing to tell apart
            RunDetail[] affordable = Affordable(leaders);
            isComplete &= affordable.Length == leaders.Length;
            if (budget.IsSpent || affordable.Length < 2 || !budget.Allows(affordable.Length) || !runner.Judge(affordable, fold))
                return false;
        }

        return isComplete;
    }

    // Those that the remaining time allows. The two that the verdict compares come first.
    private RunDetail[] Affordable(RunDetail[] leaders)
    {
        var (across, scratch) = runner.Compared();
        double left = budget.SecondsLeft;
        HashSet<RunDetail> affordable = [.. leaders.OrderByDescending(leader => leader == across || leader == scratch).TakeWhile(leader => (left -= leader.RuntimeInSeconds) >= 0)];
        return [.. leaders.Where(affordable.Contains)];
    }

    // The best first; of the variants of a strategy, the best one.
    private RunDetail[] Leaders()
    {
        RunDetail[] runs = [.. RunRanking.BestFirst(runner.Candidates(), metric).DistinctBy(run => runner.PlanOf(run).Family)];
        RunDetail[] ofKinds = [.. runs.GroupBy(run => run.Kind).Select(kind => kind.First()).Concat(runner.FirstChoices().Where(runs.Contains)).Distinct()];
        RunDetail[] others = [.. runs.Except(ofKinds).Where(run => !IsClearlyWorse(run, runs[0])).Take(Math.Max(0, MostLeaders - ofKinds.Length))];
        return [.. runs.Where(run => ofKinds.Contains(run) || others.Contains(run))];
    }

    private bool IsClearlyWorse(RunDetail run, RunDetail best)
    {
        double sign = metric.IsHigherBetter() ? 1 : -1;
        Dictionary<string, double> values = best.ValidationMetrics!.Tasks.ToDictionary(task => task.Task, task => task[metric]);
        MeanInterval loss = MeanInterval.Of(run.ValidationMetrics!.Tasks.Select(task => sign * (values[task.Task] - task[metric])).Where(double.IsFinite));
        return loss.Mean > Decisive * loss.StandardError; // of fewer than two tasks nothing is clear
    }
}
