using MetaML.Extensions.Evaluation.Metrics;

namespace MetaML.Extensions.Bandits;

/// <summary>Estimates the value of a policy from a log of decisions of another one.</summary>
internal static class PolicyEvaluation
{
    private const double Tolerance = 1e-3; // of a sum of probabilities in single precision

    public static PolicyValue Evaluate(IEnumerable<BanditOutcome> log, Func<BanditEntry, IReadOnlyList<double>> policy)
    {
        var terms = new List<(string Task, double Logged, double Inverse, double Robust)>();
        double unsupported = 0, weights = 0, squares = 0;
        foreach (var (entry, reward) in log)
        {
            IReadOnlyList<BanditAction> actions = entry.Actions;
            if ((uint)entry.Chosen >= (uint)actions.Count || !(entry.Probability > 0) || !float.IsFinite(reward))
                throw new ArgumentException($"Each logged decision must have a chosen action with a positive probability, and a finite reward; got action {entry.Chosen} of {actions.Count} and reward {reward} for task '{entry.Task}'. Leave the decision out.", nameof(log));
            IReadOnlyList<double> probabilities = policy(entry);
            if (probabilities.Count != actions.Count || !probabilities.All(value => value is >= 0 and <= 1 + Tolerance) || Math.Abs(probabilities.Sum() - 1) > Tolerance)
                throw new ArgumentException($"A policy must give a probability for each of the {actions.Count} actions, with sum 1; got {probabilities.Count} with sum {probabilities.Sum()}. Its value is not defined.", nameof(policy));
            double weight = probabilities[entry.Chosen] / entry.Probability;
            double expected = actions.Zip(probabilities, (action, share) => share * action.ExpectedReward).Sum();
            terms.Add((entry.Task, reward, weight * reward, expected + weight * (reward - actions[entry.Chosen].ExpectedReward)));
            unsupported += actions.Zip(probabilities, (action, share) => action.Probability > 0 ? 0 : share).Sum();
            weights += weight;
            squares += weight * weight;
        }

        if (terms.Count == 0)
            throw new ArgumentException("There must be at least one logged decision; got none.", nameof(log));
        return new PolicyValue
        {
            Logged = Mean(terms.Select(term => (term.Task, term.Logged))),
            InversePropensity = Mean(terms.Select(term => (term.Task, term.Inverse))),
            DoublyRobust = Mean(terms.Select(term => (term.Task, term.Robust))),
            UnsupportedShare = unsupported / terms.Count,
            EffectiveCount = squares > 0 ? weights * weights / squares : 0,
        };
    }

    // The mean over decisions. The decisions of a task depend on each other, so that the deviation is that of the sums of tasks (a ratio estimate).
    private static MeanInterval Mean(IEnumerable<(string Task, double Value)> terms)
    {
        (string Task, double Value)[] all = [.. terms];
        double mean = all.Average(term => term.Value);
        double[] residuals = [.. all.GroupBy(term => term.Task).Select(task => task.Sum(term => term.Value - mean))];
        if (residuals.Length == 1)
            return MeanInterval.Of(all.Select(term => term.Value));
        double variance = residuals.Sum(value => value * value) * residuals.Length / (residuals.Length - 1);
        return new MeanInterval(mean, StudentT.Quantile975(residuals.Length - 1) * Math.Sqrt(variance) / all.Length, residuals.Length);
    }
}
