using MetaML.Numerics;

namespace MetaML.TestKit;

/// <summary>Related tasks with four classes, of which one is frequent and one is very rare: the scores of a task are linear in the features.</summary>
/// <remarks>Weights and intercepts of tasks are normal about those of all tasks.</remarks>
/// <param name="seed">The only source of randomness.</param>
public sealed class SkewedClasses(int seed)
{
    private const double WeightDeviation = 0.4, InterceptDeviation = 0.6;

    private static readonly double[] s_intercepts = [0, -1.2, -2.7, -4.2];
    private static readonly double[][] s_weights = [[0, 0, 0, 0, 0, 0], [1, -0.7, 0.5, 0.3, 0, 0], [-0.5, 0.8, 0, 0.6, 0.4, 0], [0, 0.5, -0.9, 0, 0.3, 0.7]];

    /// <summary>Rows of tasks. The same name and number give the same task in each draw of its rows.</summary>
    /// <param name="name">What the names of the tasks begin with.</param>
    /// <param name="tasks">The number of tasks.</param>
    /// <param name="rows">The number of rows of each task.</param>
    /// <param name="draw">The number of the draw of rows.</param>
    public SkewedRow[] Rows(string name, int tasks, int rows, int draw) => [.. Enumerable.Range(0, tasks).SelectMany(task =>
    {
        var rule = new Random(HashOf(name, task, 0));
        double[][] weights = [.. s_weights.Select(of => of.Select(weight => weight + WeightDeviation * NormalRandom.Next(rule)).ToArray())];
        double[] intercepts = [.. s_intercepts.Select(intercept => intercept + InterceptDeviation * NormalRandom.Next(rule))];
        var random = new Random(HashOf(name, task, draw));
        return Enumerable.Range(0, rows).Select(_ => Row($"{name}{task}", weights, intercepts, random)).ToArray();
    })];

    private static SkewedRow Row(string task, double[][] weights, double[] intercepts, Random random)
    {
        float[] x = [.. weights[0].Select(_ => (float)NormalRandom.Next(random))];
        double[] odds = [.. weights.Zip(intercepts, (of, intercept) => Math.Exp(intercept + x.Zip(of, (value, weight) => value * weight).Sum()))];
        double total = odds.Sum(), at = random.NextDouble() * total;
        int drawn = 0;
        while (drawn + 1 < odds.Length && (at -= odds[drawn]) > 0)
            drawn++;
        return new SkewedRow { Task = task, Features = x, Class = SkewedRow.Classes[drawn], Probabilities = Array.ConvertAll(odds, value => value / total) };
    }

    private int HashOf(string name, int task, int draw) => unchecked((((seed * 1_000_003) + name.Length * 7 + name[0]) * 1_000_003 + task) * 101 + draw);
}
