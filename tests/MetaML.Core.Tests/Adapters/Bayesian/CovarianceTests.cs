using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Heads;
using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian;

/// <summary>Covariances of a diagonal and factors, against the same covariances as matrices.</summary>
public sealed class CovarianceTests
{
    private const int Width = 7;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void FactorCovariance_EachOperation_IsThatOfTheMatrix(int factors)
    {
        var random = new Random(factors);
        FactorCovariance covariance = Some(factors, random);
        DenseCovariance dense = DenseCovariance.Of([.. covariance.Dense], Width);
        for (int i = 0; i < Width; i++)
        {
            for (int j = 0; j < Width; j++)
                Assert.Equal((i == j ? covariance.Variances[i] : 0) + Enumerable.Range(0, factors).Sum(k => covariance.Column(k)[i] * covariance.Column(k)[j]), dense.Dense[i * Width + j], 1e-12);
        }

        Assert.Equal(dense.LogDeterminant, covariance.LogDeterminant, 1e-10);
        AssertEqual(Cholesky.Inverse(dense.Dense, Width), covariance.Precision);
        AssertEqual(dense.PrecisionDiagonal(), covariance.PrecisionDiagonal());
        AssertEqual(dense.Diagonal(), covariance.Diagonal());
        double[] rows = Numbers(3 * Width, random), expected = new double[rows.Length], actual = new double[rows.Length];
        dense.MultiplyRows(rows, expected);
        covariance.MultiplyRows(rows, actual);
        AssertEqual(expected, actual);
        for (int k = 0; k < factors; k++)
            AssertEqual(MatrixAlgebra.Multiply(covariance.Precision, covariance.Column(k)), covariance.WeightsOf(k).ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void FactorMoment_EachSum_IsThatOfTheMatrix(int factors)
    {
        var random = new Random(1);
        FactorCovariance covariance = Some(factors, random);
        var moment = (FactorMoment)covariance.CreateMoment();
        var dense = new DenseMoment(covariance);
        double[] rows = Numbers(4 * Width, random), matrix = Some(2, random).Dense, diagonal = Numbers(Width, random);
        foreach (SecondMoment sum in new SecondMoment[] { moment, dense })
        {
            sum.AddRows(rows, 0.7);
            sum.AddPrior(2);
            sum.AddMatrix(matrix, -0.3);
            sum.ScaleAndAddDiagonal(0.5, diagonal);
        }

        for (int j = 0; j < Width; j++)
            Assert.Equal(dense.Values[j * Width + j], moment.Diagonal[j], 1e-12);
        for (int k = 0; k < factors; k++)
            AssertEqual(MatrixAlgebra.Multiply(dense.Values, covariance.WeightsOf(k)), moment.Products[(k * Width)..((k + 1) * Width)]);
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(100, 0)]
    [InlineData(8, 10)]
    [InlineData(100, 1000)]
    public void Step_ManyFeatures_RaisesTheLikelihood(int rows, double level)
    {
        const int Features = 80;
        TaskEvidence[] tasks = Tasks(25, rows, Features);
        var search = new PriorSearch(tasks, HeadPrior.Start(tasks, Features + 1, 1, PriorNoise.Common), hasMean: true, CovarianceForm.OfFactors(2, Features + 1, level));
        double first = search.Objective;
        for (int step = 0; step < 12; step++)
        {
            double last = search.Objective;
            search.Step();
            Assert.True(search.Objective > last - 1e-9 * Math.Abs(last), $"step {step}: {last} to {search.Objective}");
        }

        Assert.True(search.Objective > first + 1);
    }

    [Fact]
    public void Climb_ManySlopes_ALevelOfVariancesPredictsOtherTasksBetter()
    {
        const int Features = 80;
        TaskEvidence[] all = Tasks(50, 20, Features);
        double Likelihood(CovarianceForm form)
        {
            var search = new PriorSearch(all[..25], HeadPrior.Start(all[..25], Features + 1, 1, PriorNoise.Common), hasMean: true, form);
            search.Climb(PriorLimits.None.AtMost(1000), precision: 100);
            return search.LogLikelihood(all[25..]);
        }

        double alone = Likelihood(CovarianceForm.Diagonal), level = Likelihood(CovarianceForm.OfFactors(0, 0, 10));
        Assert.True(level > alone + 10, $"{level} and {alone}");
    }

    [Fact]
    public void Choose_ManyFeaturesThatVaryTogether_HasFactors()
    {
        const int Features = 60;
        TaskEvidence[] together = Tasks(60, 40, Features, shared: 1), apart = Tasks(60, 40, Features, shared: 0);
        Assert.True(Factors(together) > 0);
        Assert.Equal(0, Factors(apart));

        static int Factors(TaskEvidence[] tasks) =>
            Assert.IsType<FactorForm>(PriorSelection.Choose(tasks, Features + 1, 1, PriorNoise.Common, PriorLimits.None.AtMost(200))).Factors;
    }

    [Fact]
    public void Climb_LimitsAreReached_EndsWithTheBestSoFar()
    {
        TaskEvidence[] tasks = Tasks(25, 8, 20);
        HeadPrior start = HeadPrior.Start(tasks, 21, 1, PriorNoise.Common);
        PriorSearch Climb(PriorLimits limits)
        {
            var search = new PriorSearch(tasks, start, hasMean: true, CovarianceForm.Diagonal);
            search.Climb(limits);
            return search;
        }

        int looks = 0;
        PriorSearch none = Climb(new PriorLimits(200, () => true)), some = Climb(new PriorLimits(200, () => ++looks > 2)), few = Climb(PriorLimits.None.AtMost(5)), all = Climb(PriorLimits.None.AtMost(200));
        Assert.Equal(1, none.Steps);
        Assert.InRange(some.Steps, 5, 7); // two cycles of two or three steps
        Assert.InRange(few.Steps, 5, 7);
        Assert.True(none.Objective < some.Objective && some.Objective < all.Objective);
        Assert.Equal(CovarianceForm.Diagonal, PriorSelection.Choose(tasks, 21, 1, PriorNoise.Common, new PriorLimits(200, () => true)));
    }

    private static FactorCovariance Some(int factors, Random random) =>
        FactorCovariance.Of([.. Numbers(Width, random).Select(value => 0.1 + value * value)], Numbers(factors * Width, random));

    private static double[] Numbers(int count, Random random) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextDouble() - 1)];

    private static TaskEvidence[] Tasks(int count, int rows, int features, double shared = 0.5)
    {
        var random = new Random(1);
        double[] mean = Numbers(features, random), direction = Numbers(features, random);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double together = shared * (random.NextDouble() < 0.5 ? -1 : 1);
            double[] head = [.. Numbers(features, random).Select((own, j) => mean[j] + together * direction[j] + 0.5 * own)];
            float[] z = new float[rows * features], labels = new float[rows];
            for (int i = 0; i < rows; i++)
            {
                double value = 2 * random.NextDouble() - 1;
                for (int j = 0; j < features; j++)
                {
                    z[i * features + j] = (float)(2 * random.NextDouble() - 1);
                    value += head[j] * z[i * features + j];
                }

                labels[i] = (float)value;
            }

            return new TaskEvidence(new EmbeddedTask(z, features, labels, [.. Enumerable.Repeat(1f, rows)], 1), features + 1, (label, _) => label);
        })];
    }

    private static void AssertEqual(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * (1 + Math.Abs(pair.First))));
    }
}
