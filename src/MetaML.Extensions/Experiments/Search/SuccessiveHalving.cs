using MetaML.Extensions.Experiments.Runs;

namespace MetaML.Extensions.Experiments.Search;

/// <summary>Successive halving: each round trains fewer candidates, the best of the previous round, for more steps. All rounds have a similar cost.</summary>
/// <remarks>
/// Source: Jamieson and Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, 2015,
/// arXiv 1502.07943. There are two deviations. First, each round starts training again, because the schedule of the learning rate
/// depends on the number of steps of the run. Second, the rounds have equal shares of the remaining time. If the time of a round is
/// up, the next round continues with the candidates that were tried.
/// </remarks>
internal sealed class SuccessiveHalving
{
    private const int MaximumRounds = 3;

    private readonly ExperimentBudget _budget;
    private readonly int _factor;
    private readonly int _iterations;

    public SuccessiveHalving(ExperimentBudget budget, int reductionFactor, int iterations)
    {
        _budget = budget;
        _factor = reductionFactor;
        _iterations = iterations;
    }

    /// <summary>Runs the search.</summary>
    /// <param name="candidates">The candidates, the most promising first.</param>
    /// <param name="run">
    /// Runs a candidate. Its arguments are the candidate, the number of outer steps and the round. It returns the score (higher is
    /// better; NaN if the run failed), and whether the candidate is trained in steps.
    /// </param>
    /// <returns>Whether the search is complete: no candidate was left out for lack of time or models.</returns>
    public bool Run<T>(IReadOnlyList<T> candidates, Func<T, int, int, (double Score, bool IsTrainedInSteps)> run)
    {
        int[] sizes = Sizes(candidates.Count, _budget.ModelsLeft);
        if (sizes.Length == 0)
            return candidates.Count == 0;
        bool isComplete = sizes[0] == candidates.Count;
        List<Entry<T>> entries = [.. candidates.Take(sizes[0]).Select(candidate => new Entry<T>(candidate))];
        double start = _budget.ElapsedSeconds, share = _budget.SecondsLeft / sizes.Length;
        for (int round = 1; round <= sizes.Length; round++)
        {
            entries = [.. entries.Where(entry => !double.IsNaN(entry.Score)).OrderByDescending(entry => entry.Score).Take(sizes[round - 1])];
            foreach (Entry<T> entry in entries)
            {
                if (entry.IsFinal)
                    continue;
                bool isFirst = entry == entries[0];
                bool isLate = !isFirst && _budget.ElapsedSeconds >= start + round * share;
                if (_budget.IsSpent || isLate || entry.Seconds * _factor > _budget.SecondsLeft)
                {
                    isComplete = false;
                    entry.IsLeftOut = round == 1;
                    continue;
                }

                double before = _budget.ElapsedSeconds;
                (entry.Score, bool isTrained) = run(entry.Candidate, Math.Max(1, _iterations / (int)Math.Pow(_factor, sizes.Length - round)), round);
                entry.Seconds = _budget.ElapsedSeconds - before;
                entry.IsFinal = !isTrained; // more steps would not change the score
            }

            entries.RemoveAll(entry => entry.IsLeftOut);
        }

        return isComplete;
    }

    /// <summary>The number of candidates in each round: n, ⌈n / factor⌉, …. n is the largest number for which the sum is at most the number of models.</summary>
    internal int[] Sizes(int candidates, int models)
    {
        for (int n = candidates; n > 0; n--)
        {
            var sizes = new List<int> { n };
            while (sizes.Count < MaximumRounds && sizes[^1] > 1)
                sizes.Add((sizes[^1] + _factor - 1) / _factor);
            if (sizes.Sum() <= models)
                return [.. sizes];
        }

        return [];
    }

    private sealed class Entry<T>(T candidate)
    {
        public T Candidate { get; } = candidate;

        public double Score { get; set; } = double.NegativeInfinity;

        public double Seconds { get; set; }

        public bool IsFinal { get; set; }

        public bool IsLeftOut { get; set; }
    }
}
