using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Logistic;
using MetaML.Heads;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

public sealed class LaplaceTaskTests
{
    private const int Width = 3;

    private static readonly int[] s_varying = [0, 2];
    private static readonly double[] s_mean = [0.4, -0.7, 0.3], s_root = [0.8, 0, -0.3, 0.6];

    [Theory]
    [InlineData(null)]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void Evaluate_Derivatives_MatchDifferences(double? dispersion)
    {
        const double Step = 1e-5;
        CountLikelihood? counts = dispersion is { } value ? new CountLikelihood(value) : null;
        LaplaceTask task = Task(counts is not null);
        LaplaceTask.Approximation at = task.Evaluate(s_mean, s_varying, s_root, counts);
        double Slope(Func<double, double> valueAt) => (valueAt(Step) - valueAt(-Step)) / (2 * Step);
        for (int j = 0; j < Width; j++)
            Assert.Equal(Slope(step => task.Evaluate(Moved(s_mean, j, step), s_varying, s_root, counts).Value), at.ByHead[j], 1e-5);
        for (int i = 0; i < s_root.Length; i++)
            Assert.Equal(Slope(step => task.Evaluate(s_mean, s_varying, Moved(s_root, i, step), counts).Value), at.ByRoot[i], 1e-5);
        if (dispersion > 0)
            Assert.Equal(Slope(step => task.Evaluate(s_mean, s_varying, s_root, new CountLikelihood(dispersion.Value * Math.Exp(step))).Value), at.ByLogDispersion, 1e-5);
    }

    [Fact]
    public void Evaluate_Counts_IsNearTheMarginalLikelihood()
    {
        LaplaceTask task = Task(counts: true);
        EmbeddedTask rows = Rows(counts: true);
        double total = 0, weight = 0;
        for (double a = -7; a <= 7; a += 0.1)
        {
            for (double b = -7; b <= 7; b += 0.1)
            {
                double density = Math.Exp(-(a * a + b * b) / 2), likelihood = 0;
                for (int i = 0; i < rows.RowCount; i++)
                {
                    double score = rows.Row(i)[0] * (s_mean[0] + s_root[0] * a) + rows.Row(i)[1] * s_mean[1] + s_mean[2] + s_root[2] * a + s_root[3] * b + Math.Log(rows.Exposures[i]);
                    likelihood -= rows.Weights[i] * CountLikelihood.Poisson.At(score, rows.Labels[i]).Value;
                }

                total += density * Math.Exp(likelihood);
                weight += density;
            }
        }

        Assert.Equal(Math.Log(total / weight), task.Evaluate(s_mean, s_varying, s_root, CountLikelihood.Poisson).Value, 0.05);
    }

    private static LaplaceTask Task(bool counts) => new(Rows(counts), Width, 0);

    private static EmbeddedTask Rows(bool counts)
    {
        var random = new Random(3);
        const int Count = 9;
        float[] rows = [.. Enumerable.Range(0, Count * (Width - 1)).Select(_ => (float)(2 * random.NextDouble() - 1))];
        float[] labels = [.. Enumerable.Range(0, Count).Select(_ => (float)random.Next(counts ? 6 : 2))];
        return new EmbeddedTask(rows, Width - 1, labels, [.. Enumerable.Range(0, Count).Select(i => 0.5f + i % 3)], 1) { Exposures = counts ? [.. Enumerable.Range(0, Count).Select(i => 0.5f + i % 4)] : [] };
    }

    private static double[] Moved(double[] values, int at, double step)
    {
        double[] moved = [.. values];
        moved[at] += step;
        return moved;
    }
}
