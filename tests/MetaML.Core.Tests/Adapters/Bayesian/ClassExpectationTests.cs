using MetaML.Adapters.Logistic;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>Expected losses of uncertain scores, against sums over fine grids and against differences.</summary>
public sealed class ClassExpectationTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-30, 0)]
    [InlineData(0, 0.01)]
    [InlineData(-6, 0.3)]
    [InlineData(1.5, 1)]
    [InlineData(3, 4)]
    [InlineData(-2, 30)]
    [InlineData(40, 900)]
    public void Logistic_MatchesReference_Sum(double mean, double variance)
    {
        const int Steps = 200_000;
        double total = 0, value = 0, probability = 0, curvature = 0;
        for (int i = 0; i < Steps; i++)
        {
            double t = -10 + 20 * (i + 0.5) / Steps, weight = Math.Exp(-t * t / 2), x = mean + Math.Sqrt(variance) * t, p = 1 / (1 + Math.Exp(-x));
            total += weight;
            value += weight * (x > 30 ? x + Math.Exp(-x) : Math.Log(1 + Math.Exp(x)));
            probability += weight * p;
            curvature += weight * p / (1 + Math.Exp(x));
        }

        var actual = LogisticExpectation.Of(mean, variance);
        Assert.Equal(value / total, actual.Value, 1e-9 * (1 + value / total));
        Assert.Equal(probability / total, actual.Probability, 1e-9);
        Assert.Equal(curvature / total, actual.Curvature, 1e-9);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(2)]
    [InlineData(20)]
    public void Tilted_IsTheLeastOfItsFamilyAndItsDerivativesAreThoseOfDifferences(double variance)
    {
        double[] means = [0.7, -1.2, 0.1, 2];
        (double Value, double[] G) At(double[] m, double v)
        {
            double[] g = [.. m];
            return (TiltedSoftmax.Apply(g, v), g);
        }

        double Family(double[] a)
        {
            double norm = a.Sum(x => x * x), sum = 0;
            for (int k = 0; k < a.Length; k++)
                sum += Math.Exp(means[k] + 0.5 * (1 - 2 * a[k]) * variance);
            return 0.5 * variance * norm + Math.Log(sum);
        }

        var (value, g) = At(means, variance);
        Assert.Equal(1, g.Sum(), 1e-12);
        Assert.Equal(Family(g), value, 1e-10);
        const double Step = 1e-5;
        double[] Moved(int k, double step) => [.. means.Select((m, i) => i == k ? m + step : m)];
        for (int k = 0; k < means.Length; k++)
        {
            Assert.True(Family([.. g.Select((a, i) => i == k ? a + 0.01 : a)]) > value && Family([.. g.Select((a, i) => i == k ? a - 0.01 : a)]) > value);
            Assert.Equal((At(Moved(k, Step), variance).Value - At(Moved(k, -Step), variance).Value) / (2 * Step), g[k], 1e-8);
            double[] column = [.. g.Select((_, i) => i == k ? 1.0 : 0)]; // H e_k = M(I + vM)⁻¹e_k
            TiltedSoftmax.Solve(g, variance, column);
            double mean = g.Zip(column, (x, y) => x * y).Sum();
            for (int i = 0; i < means.Length; i++)
                Assert.Equal((At(Moved(k, Step), variance).G[i] - At(Moved(k, -Step), variance).G[i]) / (2 * Step), g[i] * (column[i] - mean), 1e-7);
        }

        double slope = (At(means, variance + Step).Value - At(means, variance - Step).Value) / (2 * Step);
        Assert.Equal(0.5 * (1 - g.Sum(x => x * x)), slope, 1e-7);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0.1, 0.001)]
    [InlineData(0, 1, 0.15)]
    [InlineData(3, 2, 0.25)]
    public void Tilted_TwoClasses_IsAboveTheExpectationAndNearIt(double difference, double variance, double distance)
    {
        double[] scores = [difference, 0];
        double bound = TiltedSoftmax.Apply(scores, variance), exact = LogisticExpectation.Of(difference, 2 * variance).Value; // of scores x₁ and x₂: E x₂ = 0
        Assert.InRange(bound - exact, -1e-9, distance + 1e-9);
    }

    [Fact]
    public void Contrasts_AreOrthonormalAndOfMeanZero()
    {
        double[][] identity = [.. Enumerable.Range(0, 5).Select(k => Enumerable.Range(0, 5).Select(j => j == k ? 1.0 : 0).ToArray())];
        double[][] q = ClassContrasts.Of(identity); // Qᵀ
        Assert.Equal(4, q.Length);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, q[i].Sum(), 1e-12);
            for (int j = 0; j < 4; j++)
                Assert.Equal(i == j ? 1 : 0, q[i].Zip(q[j], (x, y) => x * y).Sum(), 1e-12);
        }

        double[][] classes = [[1, 2], [3, -1], [0.5, 4]], back = ClassContrasts.ToClasses(ClassContrasts.Of(classes));
        for (int k = 0; k < 3; k++)
        {
            for (int j = 0; j < 2; j++)
                Assert.Equal(classes[k][j] - classes.Average(c => c[j]), back[k][j], 1e-12);
        }
    }
}
