using MetaML.Numerics;

namespace MetaML.TestKit;

/// <summary>Related tasks with rare positives: each task has log odds of its own, linear in the features.</summary>
/// <remarks>Weights and intercepts of tasks are normal about those of all tasks. Two neighbouring tasks deviate in opposite directions, so that few tasks already have the mean of all.</remarks>
public sealed class RareClasses
{
    private static readonly double[] s_weights = [1, -0.7, 0.5, 0.3, 0, 0];

    private const double WeightDeviation = 0.4, InterceptDeviation = 0.6;

    private readonly int _seed;
    private readonly double _intercept;

    /// <param name="rate">Share of positive rows over all tasks.</param>
    /// <param name="seed">The only source of randomness.</param>
    public RareClasses(double rate, int seed)
    {
        _seed = seed;
        double variance = s_weights.Sum(weight => weight * weight) + s_weights.Length * WeightDeviation * WeightDeviation + InterceptDeviation * InterceptDeviation;
        double low = -20, high = 0;
        for (int step = 0; step < 50; step++)
        {
            _intercept = (low + high) / 2;
            if (MeanProbability(_intercept, Math.Sqrt(variance)) < rate)
                low = _intercept;
            else
                high = _intercept;
        }
    }

    /// <summary>Rows of tasks; the same name and number give the same task, whatever the draw of its rows.</summary>
    /// <param name="name">What the names of the tasks begin with.</param>
    /// <param name="tasks">How many tasks.</param>
    /// <param name="rows">How many rows of each.</param>
    /// <param name="draw">Which draw of rows.</param>
    public RareRow[] Rows(string name, int tasks, int rows, int draw)
    {
        var all = new List<RareRow>();
        for (int t = 0; t < tasks; t++)
        {
            var rule = new Random(HashOf(name, t / 2, 0));
            double sign = t % 2 == 0 ? 1 : -1;
            double[] weights = [.. s_weights.Select(weight => weight + sign * WeightDeviation * NormalRandom.Next(rule))];
            double intercept = _intercept + sign * InterceptDeviation * NormalRandom.Next(rule);
            var random = new Random(HashOf(name, t, draw));
            for (int i = 0; i < rows; i++)
            {
                float[] x = [.. weights.Select(_ => (float)NormalRandom.Next(random))];
                double probability = Sigmoid(intercept + x.Zip(weights, (value, weight) => value * weight).Sum());
                all.Add(new RareRow { Task = $"{name}{t}", Features = x, Label = random.NextDouble() < probability, Probability = probability });
            }
        }

        return [.. all];
    }

    private int HashOf(string name, int task, int draw) => unchecked((((_seed * 1_000_003) + name.Length * 7 + name[0]) * 1_000_003 + task) * 101 + draw);

    private static double MeanProbability(double intercept, double deviation)
    {
        double sum = 0, total = 0;
        for (double z = -6; z <= 6; z += 0.05)
        {
            double density = Math.Exp(-z * z / 2);
            sum += density * Sigmoid(intercept + deviation * z);
            total += density;
        }

        return sum / total;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
