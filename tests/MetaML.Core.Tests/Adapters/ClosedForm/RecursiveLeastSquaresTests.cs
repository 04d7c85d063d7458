using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.ClosedForm;
using MetaML.Heads;
using MetaML.Numerics;
using MetaML.Statistics;
using Xunit;

namespace MetaML.Core.Tests.Adapters.ClosedForm;

public sealed class RecursiveLeastSquaresTests
{
    private const int Dimension = 64;

    private static readonly ClosedFormAdapter s_adapter =
        new BayesianAdapter(new HeadShape(LabelKind.Regression, Dimension, 1), new BayesianAdapterOptions { Noise = PriorNoise.PerTask });

    private static readonly float[][] s_parameters = [.. s_adapter.Parameters.Select(spec => spec.Initialize(new Random(3)))];

    [Fact]
    public void Step_RowsAddedAndTakenAway_EqualsThePosteriorOfTheRestTo1e5()
    {
        StoredRow[] rows = Rows(400);
        RecursiveLeastSquares posterior = Of([]);
        Assert.All(rows, row => Assert.True(s_adapter.TryStep(posterior, row, 1)));
        AssertClose(s_adapter.ToHead(s_parameters, Of(rows)), s_adapter.ToHead(s_parameters, posterior));
        Assert.All(rows[100..], row => Assert.True(s_adapter.TryStep(posterior, row, -1)));
        AssertClose(s_adapter.ToHead(s_parameters, Of(rows[..100])), s_adapter.ToHead(s_parameters, posterior));
    }

    [Fact]
    public void Step_RemovalThatWouldLoseDigits_IsRefused()
    {
        var row = new StoredRow([.. Enumerable.Repeat(1000f, Dimension)], null, 1, 1);
        RecursiveLeastSquares posterior = Of([]);
        Assert.True(s_adapter.TryStep(posterior, row, 1));
        Assert.False(s_adapter.TryStep(posterior, row, -1));
    }

    [Fact]
    public void Step_ManyTimes_AsksForANewComputation()
    {
        StoredRow row = Rows(1)[0];
        RecursiveLeastSquares posterior = Of([]);
        int steps = 0;
        while (s_adapter.TryStep(posterior, row, 1))
            steps++;
        Assert.InRange(steps, 100, 2000);
    }

    [Fact]
    public void Step_WeightOfZero_ChangesNothing()
    {
        RecursiveLeastSquares posterior = Of(Rows(10));
        Assert.True(s_adapter.TryStep(posterior, Rows(1)[0] with { Weight = 0 }, 1));
        AssertClose(s_adapter.ToHead(s_parameters, Of(Rows(10))), s_adapter.ToHead(s_parameters, posterior));
    }

    private static RecursiveLeastSquares Of(StoredRow[] rows)
    {
        var moments = new TaskMoments(LabelKind.Regression, Dimension + 1, 1, hasProducts: true);
        foreach (StoredRow row in rows)
            moments.Add(row.Values, row.Label, row.Weight);
        return s_adapter.Recursive(s_parameters, moments, [], null);
    }

    private static StoredRow[] Rows(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => new StoredRow([.. Enumerable.Range(0, Dimension).Select(_ => (float)NormalRandom.Next(random))], null, (float)NormalRandom.Next(random), 0.5f + random.NextSingle()))];
    }

    private static void AssertClose(LinearHead expected, LinearHead actual)
    {
        static void Close(float[] first, float[] second)
        {
            double tolerance = 1e-5 * first.Max(MathF.Abs);
            Assert.All(first.Zip(second), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        }

        Close(expected.Weights, actual.Weights);
        Close([.. expected.Bias, expected.PredictiveVariance!.Noise], [.. actual.Bias, actual.PredictiveVariance!.Noise]);
        var random = new Random(2);
        for (int i = 0; i < 10; i++)
        {
            float[] z = [.. Enumerable.Range(0, Dimension).Select(_ => (float)NormalRandom.Next(random))];
            Assert.Equal(1, actual.PredictiveVariance.Deviation(z) / expected.PredictiveVariance.Deviation(z), 1e-5);
        }
    }
}
