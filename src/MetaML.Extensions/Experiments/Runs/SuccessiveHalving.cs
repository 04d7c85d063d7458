namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Tries many candidates for short, keeps the best of them, and gives those more: rounds of like cost.</summary>
/// <remarks>
/// Source: Jamieson and Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, 2015,
/// arXiv 1502.07943. Deviations: each round trains anew, since the learning rate falls over a run's whole length; the rounds
/// share the time that is left equally, and one whose time is up goes on with the candidates that it has tried.
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

    /// <summary>Searches.</summary>
    /// <param name="candidates">What to try, likely ones first.</param>
    /// <param name="run">Runs a candidate for so many outer steps in a round: how good it is (higher is better; NaN where it failed), and whether it was trained in steps at all.</param>
    /// <returns>Whether the search came to its end.</returns>
    public bool Run<T>(IReadOnlyList<T> candidates, Func<T, int, int, (double Score, bool IsTrainedInSteps)> run)
    {
        int[] sizes = Sizes(candidates.Count, _budget.ModelsLeft);
        if (sizes.Length == 0)
            return candidates.Count == 0;
        bool isComplete = sizes[0] == candidates.Count;
        List<Standing<T>> field = [.. candidates.Take(sizes[0]).Select(candidate => new Standing<T>(candidate))];
        double start = _budget.ElapsedSeconds, share = _budget.SecondsLeft / sizes.Length;
        for (int round = 1; round <= sizes.Length; round++)
        {
            field = [.. field.Where(standing => !double.IsNaN(standing.Score)).OrderByDescending(standing => standing.Score).Take(sizes[round - 1])];
            foreach (Standing<T> standing in field)
            {
                if (standing.IsSettled)
                    continue;
                bool isFirst = standing == field[0];
                bool isLate = !isFirst && _budget.ElapsedSeconds >= start + round * share;
                if (_budget.IsSpent || isLate || standing.Seconds * _factor > _budget.SecondsLeft)
                {
                    isComplete = false;
                    standing.IsLeftOut = round == 1;
                    continue;
                }

                double before = _budget.ElapsedSeconds;
                (standing.Score, bool isTrained) = run(standing.Candidate, Math.Max(1, _iterations / (int)Math.Pow(_factor, sizes.Length - round)), round);
                standing.Seconds = _budget.ElapsedSeconds - before;
                standing.IsSettled = !isTrained; // more steps would change nothing
            }

            field.RemoveAll(standing => standing.IsLeftOut);
        }

        return isComplete;
    }

    /// <summary>Candidates of each round: n, ⌈n / factor⌉, …; fewer where so many models are too many.</summary>
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

    private sealed class Standing<T>(T candidate)
    {
        public T Candidate { get; } = candidate;

        public double Score { get; set; } = double.NegativeInfinity;

        public double Seconds { get; set; }

        public bool IsSettled { get; set; }

        public bool IsLeftOut { get; set; }
    }
}
