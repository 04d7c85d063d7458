using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Experiments.Strategies;

namespace MetaML.Extensions.Experiments.Search;

/// <summary>Searches better values of numeric options, for the best strategy of each kind that has such options.</summary>
/// <remarks>
/// The first variants are spread evenly. Each further one is where a model of the scores (<see cref="OptionSurrogate"/>) expects the largest improvement of the
/// best score of the kind. A strategy is finished when this improvement is too small to be told from chance.
/// </remarks>
/// <param name="runner">Runs the variants.</param>
/// <param name="budget">The limits on time and models.</param>
/// <param name="seed">The seed of the positions among which the model chooses.</param>
internal sealed class OptionSearch(ExperimentRunner runner, ExperimentBudget budget, int seed)
{
    private const int MostVariants = 15, Proposals = 500;

    private const double SmallestImprovement = 0.1; // relative to the standard error of the best score

    /// <summary>Tries variants of the strategies in turn.</summary>
    /// <param name="strategies">The strategies. Those without a finished run are left out.</param>
    /// <param name="share">The share of the remaining time and models that the search may use.</param>
    /// <returns>Whether every strategy was finished within this share.</returns>
    public bool Run(IEnumerable<TunableStrategy> strategies, double share)
    {
        double end = budget.ElapsedSeconds + share * budget.SecondsLeft;
        int models = (int)(share * budget.ModelsLeft);
        var open = new Queue<Variants>(strategies
            .Select(strategy => (Strategy: strategy, Run: runner.Best(run => run.TrainerName == strategy.Name)))
            .Where(pair => pair.Run is not null)
            .GroupBy(pair => pair.Run!.Kind)
            .Select(kind => kind.MaxBy(pair => runner.ScoreOf(pair.Run!)))
            .Select(pair => new Variants(pair.Strategy, pair.Run!, runner.ScoreOf(pair.Run!), new Random(seed))));
        while (open.TryDequeue(out Variants? variants))
        {
            RunDetail best = runner.Best(run => run.Kind == variants.Kind)!;
            if (variants.Next(runner.ScoreOf(best), best.Score!.Value.StandardError) is not { } positions)
                continue;
            if (budget.IsSpent || models-- <= 0 || budget.ElapsedSeconds + variants.Seconds > end)
                return false;
            RunDetail run = runner.Execute(variants.Strategy.At(positions));
            variants.Add(positions, run, runner.ScoreOf(run));
            open.Enqueue(variants);
        }

        return true;
    }

    /// <summary>The variants of one strategy that were tried.</summary>
    private sealed class Variants
    {
        private readonly Random _random;
        private readonly List<(double[] Positions, double Score)> _tried;
        private int _count;

        public Variants(TunableStrategy strategy, RunDetail defaults, double score, Random random)
        {
            Strategy = strategy;
            Kind = defaults.Kind;
            Seconds = defaults.RuntimeInSeconds;
            _random = random;
            _tried = [([.. strategy.Options.Select(option => option.DefaultPosition)], score)];
        }

        public TunableStrategy Strategy { get; }

        public StrategyKind Kind { get; }

        /// <summary>The time of the longest run, in seconds.</summary>
        public double Seconds { get; private set; }

        /// <summary>The positions of the next variant; null if no variant promises an improvement.</summary>
        /// <param name="best">The best score of the kind.</param>
        /// <param name="standardError">The standard error of this score.</param>
        public double[]? Next(double best, double standardError)
        {
            int options = Strategy.Options.Count;
            if (_count >= MostVariants)
                return null;
            if (_count <= options)
                return [.. Enumerable.Range(0, options).Select(option => Even(_count + 1, option))];
            if (_tried.Count < 2)
                return null; // all variants failed
            var surrogate = new OptionSurrogate(_tried.Select(tried => tried.Positions), [.. _tried.Select(tried => tried.Score)]);
            var (positions, improvement) = Enumerable.Range(0, Proposals).Select(_ => Strategy.Options.Select(_ => _random.NextDouble()).ToArray())
                .Select(proposed => (proposed, Improvement: surrogate.ExpectedImprovement(proposed, best))).MaxBy(pair => pair.Improvement);
            return improvement > SmallestImprovement * standardError ? positions : null;
        }

        public void Add(double[] positions, RunDetail run, double score)
        {
            _count++;
            Seconds = Math.Max(Seconds, run.RuntimeInSeconds);
            if (!double.IsNaN(score))
                _tried.Add((positions, score));
        }

        // The terms of an additive recurrence with irrational steps: few points that fill a cube evenly (Roberts, The unreasonable effectiveness of quasirandom sequences, 2018).
        private double Even(int index, int option)
        {
            double root = 2;
            for (int i = 0; i < 30; i++) // the root of x^(options + 1) = x + 1
                root = Math.Pow(1 + root, 1.0 / (Strategy.Options.Count + 1));
            double value = 0.5 + index * Math.Pow(root, -(option + 1));
            return value - Math.Floor(value);
        }
    }
}
