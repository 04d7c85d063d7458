using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>Gaussian linear bandits: the regret with a prior that was learned from earlier tasks, beside the true prior and a wide one.</summary>
/// <remarks>
/// As in Kveton et al., Meta-Thompson sampling, 2021, arXiv 2102.06129, and Basu et al., No regrets for learning the prior in bandits, 2021, arXiv 2107.06196: the mean head is drawn from N(0, I), and the head of each task from N(mean, s²I).
/// A task has a fixed set of random actions, and its rewards have the standard deviation 1. Earlier tasks are played by Thompson sampling with the wide prior N(0, (1 + s²)I), which is that of a learner who knows one task alone.
/// The prior is learned from the rows of these decisions. Then each learner plays the same new tasks.
/// </remarks>
internal static class Bandits
{
    private const int FeatureCount = 8, ActionCount = 10, Rounds = 200, NewTasks = 40, Repetitions = 20;

    private static readonly int[] s_earlier = [5, 10, 20, 40];

    public static void Run()
    {
        var clock = Stopwatch.StartNew();
        var results = new List<object>();
        foreach (double spread in new[] { 0.1, 0.3 })
        {
            double[][] regrets = [.. Enumerable.Range(0, Repetitions).Select(repetition => Repeat(spread, repetition))];
            double Mean(int method) => regrets.Average(all => all[method]);
            double Ratio(int method, int other) => Math.Round(Mean(method) / Mean(other), 3);
            double HalfWidth(int method, int other) => Math.Round(MeanInterval.Of(regrets.Select(all => all[method] - Mean(method) / Mean(other) * all[other])).HalfWidth / Mean(other), 3);
            for (int i = 0; i < s_earlier.Length; i++)
            {
                var result = new
                {
                    spread_of_tasks = spread,
                    earlier_tasks = s_earlier[i],
                    regret_true_prior = Math.Round(Mean(0), 2),
                    regret_wide_prior = Math.Round(Mean(1), 2),
                    regret = Math.Round(Mean(2 + 2 * i), 2),
                    to_true_prior = Ratio(2 + 2 * i, 0),
                    to_true_prior_ci = HalfWidth(2 + 2 * i, 0),
                    to_wide_prior = Ratio(2 + 2 * i, 1),
                    to_wide_prior_ci = HalfWidth(2 + 2 * i, 1),
                    upper_bound_regret = Math.Round(Mean(3 + 2 * i), 2),
                    upper_bound_to_true_prior = Ratio(3 + 2 * i, 0),
                };
                Console.Error.WriteLine(result.ToString());
                results.Add(result);
            }
        }

        Result.Print(new { quality = "bandit", features = FeatureCount, actions = ActionCount, rounds = Rounds, new_tasks = NewTasks, repetitions = Repetitions, rows = results, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    // The mean regret of a new task: true prior, wide prior, then for each number of earlier tasks Thompson sampling and upper bounds with the learned prior.
    private static double[] Repeat(double spread, int repetition)
    {
        var random = new Random(repetition);
        double[] mean = [.. Enumerable.Range(0, FeatureCount).Select(_ => NormalDraw.Next(random))];
        var tasks = Enumerable.Range(0, s_earlier[^1] + NewTasks).Select(t => new Game($"task {t}", mean, spread, new Random(repetition * 1000 + t))).ToArray();
        Game[] earlier = tasks[..s_earlier[^1]], later = tasks[s_earlier[^1]..];
        var rows = new List<Row>();
        double wide = Math.Sqrt(1 + spread * spread);
        foreach (Game game in earlier)
            game.Play(new Reference(new double[FeatureCount], wide, repetition), rows);
        List<double> regrets =
        [
            later.Average(game => game.Play(new Reference(mean, spread, repetition))),
            later.Average(game => game.Play(new Reference(new double[FeatureCount], wide, repetition))),
        ];
        foreach (int count in s_earlier)
        {
            var ml = new MLContext(seed: repetition);
            HashSet<string> names = [.. earlier.Take(count).Select(game => game.Name)];
            ITransformer model = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true })
                .Fit(ml.Data.LoadFromEnumerable(rows.Where(row => names.Contains(row.Task))));
            foreach (BanditMethod method in new[] { BanditMethod.ThompsonSampling, BanditMethod.UpperConfidenceBound })
            {
                Bandit<Action> bandit = ml.MetaLearning().Bandit<Action>(model, new BanditOptions { Method = method });
                regrets.Add(later.Average(game => game.Play(new Learned(bandit, game))));
            }
        }

        return [.. regrets];
    }

    private static double Dot(float[] x, double[] w) => x.Zip(w, (a, b) => a * b).Sum();

    private interface IPlayer
    {
        int Choose(Action[] actions);

        void Learn(Action action, float reward);
    }

    private sealed class Game
    {
        private readonly Action[] _actions;
        private readonly double[] _values;
        private readonly double[] _noise;

        public Game(string name, double[] mean, double spread, Random random)
        {
            Name = name;
            double[] head = [.. mean.Select(value => value + spread * NormalDraw.Next(random))];
            _actions = [.. Enumerable.Range(0, ActionCount).Select(_ => new Action { Features = [.. Enumerable.Range(0, FeatureCount).Select(_ => random.NextSingle() - 0.5f)] })];
            _values = [.. _actions.Select(action => Dot(action.Features, head))];
            _noise = [.. Enumerable.Range(0, Rounds).Select(_ => NormalDraw.Next(random))];
        }

        public string Name { get; }

        public double Play(IPlayer player, List<Row>? log = null)
        {
            double regret = 0;
            for (int round = 0; round < Rounds; round++)
            {
                int chosen = player.Choose(_actions);
                float reward = (float)(_values[chosen] + _noise[round]);
                player.Learn(_actions[chosen], reward);
                log?.Add(new Row { Task = Name, Features = _actions[chosen].Features, Label = reward });
                regret += _values.Max() - _values[chosen];
            }

            return regret;
        }
    }

    private sealed class Learned(Bandit<Action> bandit, Game game) : IPlayer
    {
        private BanditEntry? _entry;

        public int Choose(Action[] actions) => (_entry = bandit.Choose(game.Name, actions)).Chosen;

        public void Learn(Action action, float reward) => bandit.Learn(_entry!, reward);
    }

    // Thompson sampling with the prior N(mean, s²I) and noise of variance 1, written down from the textbook.
    private sealed class Reference : IPlayer
    {
        private readonly double[] _mean;
        private readonly double[,] _covariance = new double[FeatureCount, FeatureCount];
        private readonly Random _random;

        public Reference(double[] mean, double spread, int seed)
        {
            _mean = [.. mean];
            _random = new Random(seed);
            for (int i = 0; i < FeatureCount; i++)
                _covariance[i, i] = spread * spread;
        }

        public int Choose(Action[] actions)
        {
            double[] head = [.. _mean];
            var lower = new double[FeatureCount, FeatureCount];
            for (int j = 0; j < FeatureCount; j++)
            {
                double normal = NormalDraw.Next(_random);
                for (int i = j; i < FeatureCount; i++)
                {
                    double value = _covariance[i, j];
                    for (int k = 0; k < j; k++)
                        value -= lower[i, k] * lower[j, k];
                    lower[i, j] = i == j ? Math.Sqrt(value) : value / lower[j, j];
                    head[i] += lower[i, j] * normal;
                }
            }

            return Enumerable.Range(0, actions.Length).MaxBy(k => Dot(actions[k].Features, head));
        }

        public void Learn(Action action, float reward)
        {
            float[] x = action.Features;
            double[] gain = [.. Enumerable.Range(0, FeatureCount).Select(i => Enumerable.Range(0, FeatureCount).Sum(j => _covariance[i, j] * x[j]))];
            double variance = 1 + Dot(x, gain), error = reward - Dot(x, _mean);
            for (int i = 0; i < FeatureCount; i++)
            {
                _mean[i] += gain[i] * error / variance;
                for (int j = 0; j < FeatureCount; j++)
                    _covariance[i, j] -= gain[i] * gain[j] / variance;
            }
        }
    }

    private sealed class Action
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
