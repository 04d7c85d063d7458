using MetaML.Data;
using MetaML.Numerics;

namespace MetaML.Core.Tests.Relatedness;

/// <summary>Linear tasks with coefficients near a few centres. Task t belongs to group t mod groups.</summary>
internal static class ClusteredTasks
{
    public const int Features = 6;

    public static TaskSet Create(int tasks, int rows, int groups, double within, int seed, LabelKind kind = LabelKind.Regression, double noise = 0.3)
    {
        var random = new Random(seed);
        var shared = new Random(7); // the centres do not depend on the seed
        double[][] centres = [.. Enumerable.Range(0, groups).Select(_ => Normal(shared, 1))];
        var store = new DenseFeatureStore(Features);
        var builder = new TaskSetBuilder(kind, store);
        for (int t = 0; t < tasks; t++)
        {
            double[] rule = [.. centres[t % groups].Zip(Normal(random, within), (centre, own) => centre + own)];
            for (int i = 0; i < rows; i++)
            {
                float[] x = Array.ConvertAll(Normal(random, 1), value => (float)value);
                double y = x.Zip(rule, (value, weight) => value * weight).Sum() + noise * NormalRandom.Next(random);
                builder.Add($"group{t % groups} task{t}", store.Add(new FeatureRow(x)), kind == LabelKind.Regression ? (float)y : y > 0 ? 1 : 0);
            }
        }

        return builder.Build();
    }

    private static double[] Normal(Random random, double deviation) => [.. Enumerable.Range(0, Features).Select(_ => deviation * NormalRandom.Next(random))];
}
