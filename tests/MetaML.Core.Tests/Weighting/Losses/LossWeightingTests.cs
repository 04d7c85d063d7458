using MetaML.Native;
using MetaML.Weighting;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Weighting.Losses;

/// <summary>Weights that depend on losses against the derivatives of the objectives that they stand for, in double precision.</summary>
public sealed class LossWeightingTests
{
    private static readonly double[] s_first = [4, 0.3, 1.5], s_last = [3, 0.01, 1.4];

    [Fact]
    public void GeometricLoss_AllTasksDrawn_MatchesTheGradientOfTheGeometricMean()
    {
        ITaskWeighting weighting = new GeometricLossWeightingOptions().Create(Tasks(3));
        weighting.Observe([0, 1, 2], s_first, new Random(1));
        weighting.Observe([2, 1, 0], [.. s_last.Reverse()], new Random(1));
        AssertDerivative(losses => losses.log().mean().exp(), s_last, weighting.Weights);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(10)]
    public void SmoothTchebycheff_AfterTheFirstLosses_MatchesTheGradientOfTheSmoothMaximum(double smoothness)
    {
        ITaskWeighting weighting = new SmoothTchebycheffWeightingOptions { Smoothness = smoothness, ReferenceSteps = 2 }.Create(Tasks(3));
        double[] others = [6, 0.5, 1.5], references = [5, 0.4, 1.5]; // the means of the first two losses
        weighting.Observe([0, 1, 2], s_first, new Random(1));
        weighting.Observe([0, 1, 2], others, new Random(1));
        AssertDerivative(losses => losses.log().sum(0L), others, weighting.Weights); // while references are measured, log losses have equal weights
        weighting.Observe([0, 1, 2], s_last, new Random(1));
        AssertDerivative(losses => (losses / tensor(references)).log().Times(1 / smoothness).logsumexp(0).Times(smoothness), s_last, weighting.Weights);
    }

    [Fact]
    public void SmoothTchebycheff_SmallSmoothness_TrainsTheTaskWhoseLossFellLeast()
    {
        ITaskWeighting weighting = new SmoothTchebycheffWeightingOptions { Smoothness = 0.001, ReferenceSteps = 1 }.Create(Tasks(3));
        weighting.Observe([0, 1, 2], s_first, new Random(1));
        weighting.Observe([0, 1, 2], s_last, new Random(1));
        AssertNear([0, 0, 3], weighting.Weights, 1e-9);
    }

    [Fact]
    public void Weights_TasksThatWereNeverDrawn_AreOne()
    {
        foreach (ITaskWeighting weighting in ((TaskWeightingOptions[])[new GeometricLossWeightingOptions(), new SmoothTchebycheffWeightingOptions()]).Select(options => options.Create(Tasks(4))))
        {
            weighting.Observe([0, 2], [1, 0.25], new Random(1));
            AssertNear([0.4, 1, 1.6, 1], weighting.Weights, 1e-12);
        }
    }

    [Fact]
    public void Weights_LossOfZero_StayFinite()
    {
        foreach (ITaskWeighting weighting in ((TaskWeightingOptions[])[new GeometricLossWeightingOptions(), new SmoothTchebycheffWeightingOptions { ReferenceSteps = 1 }]).Select(options => options.Create(Tasks(2))))
        {
            for (int step = 0; step < 3; step++)
                weighting.Observe([0, 1], [0, 1], new Random(1));
            Assert.All(weighting.Weights, weight => Assert.True(double.IsFinite(weight)));
        }
    }

    [Fact]
    public void Famo_TaskWhoseLossFallsSlowly_CountsMoreAndTasksNotDrawnStay()
    {
        var weighting = (IAftermathWeighting)new FamoWeightingOptions().Create(Tasks(4));
        for (int step = 0; step < 50; step++)
        {
            weighting.Observe([0, 1], [1, 1], new Random(1));
            weighting.ObserveAftermath([0, 1], [1, 1], [0.99, 0.9]);
        }

        weighting.Observe([0, 1], [1, 1], new Random(1));
        Assert.True(weighting.Weights[0] > 2 * weighting.Weights[1]);
        Assert.Equal(weighting.Weights[2], weighting.Weights[3]);
    }

    [Fact]
    public void Famo_FirstStep_MatchesTheFormula()
    {
        // ξ = 0: z = ½; δ = (¼(a − b), −¼(a − b)) with a, b the decreases of log L. Adam's first step is the sign of δ.
        var weighting = (IAftermathWeighting)new FamoWeightingOptions { LearningRate = 0.1, Decay = 0 }.Create(Tasks(2));
        weighting.Observe([0, 1], [2, 0.5], new Random(1));
        Assert.Equal(0.25, weighting.Weights[0] / weighting.Weights[1], 1e-12); // z / L
        weighting.ObserveAftermath([0, 1], [2, 0.5], [1, 0.4]);
        weighting.Observe([0, 1], [1, 1], new Random(1));
        Assert.Equal(Math.Exp(-0.2), weighting.Weights[0] / weighting.Weights[1], 1e-4);
    }

    // Weights are the derivatives of the objective by the losses, scaled to mean 1.
    private static void AssertDerivative(Func<Tensor, Tensor> objective, double[] losses, IReadOnlyList<double> weights)
    {
        using var scope = NewDisposeScope();
        Tensor leaf = tensor(losses).requires_grad_();
        objective(leaf).backward();
        double[] derivatives = [.. leaf.grad!.data<double>()];
        AssertNear([.. derivatives.Select(value => value / derivatives.Average())], weights, 1e-9);
    }

    private static void AssertNear(double[] expected, IReadOnlyList<double> actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));

    private static WeightedTask[] Tasks(int count) => [.. Enumerable.Range(0, count).Select(i => new WeightedTask($"task{i}", LabelKind.Regression, 10))];
}
