using System.Runtime.Intrinsics;
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
            var (values, g) = Tilted(m, [v, 0, 0.5, v, 40, 3, 0.01, 9]); // the other rows change nothing
            Assert.Equal(values[0], values[3]);
            return (values[0], g[0]);
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
            Solve(g, variance, column);
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
        double bound = Tilted(scores, [.. Enumerable.Repeat(variance, 8)]).Values[7], exact = LogisticExpectation.Of(difference, 2 * variance).Value; // of scores x₁ and x₂: E x₂ = 0
        Assert.InRange(bound - exact, -1e-9, distance + 1e-9);
    }

    // The bound and g of eight rows with the same means.
    private static (double[] Values, double[][] G) Tilted(double[] means, double[] variances)
    {
        const int Stride = 24;
        var rows = new double[Stride * means.Length];
        for (int k = 0; k < means.Length; k++)
            rows.AsSpan(Stride * k + 8, 8).Fill(means[k]);
        var values = new double[8];
        TiltedSoftmax.Apply(rows.AsSpan(8), Stride, means.Length, Vector512.Create(variances)).CopyTo(values);
        return (values, [.. Enumerable.Range(0, 8).Select(row => means.Select((_, k) => rows[Stride * k + 8 + row]).ToArray())]);
    }

    private static void Solve(double[] g, double variance, double[] x)
    {
        double[] Lanes(double[] values) => [.. values.SelectMany(value => Enumerable.Repeat(value, 8))];
        double[] solution = Lanes(x);
        TiltedSoftmax.Solve(Lanes(g), solution, 8, g.Length, Vector512.Create(variance));
        for (int k = 0; k < x.Length; k++)
            x[k] = solution[8 * k];
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
