using MetaML.Heads;
using MetaML.Models;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class ScoreCalibrationTests
{
    private static readonly ScoreCalibration s_calibration = new([2, 1, 1, 1, 3], [0, 0, 0, 0, 0], [0, 1, 1, 1, -1]);

    [Theory]
    [InlineData(0, 2, 0)]
    [InlineData(4, 1, 1)]
    [InlineData(16, 1, 1)]
    [InlineData(256, 3, -1)]
    [InlineData(10_000, 3, -1)]
    public void Apply_AtASize_IsItsMap(int rows, float slope, float offset)
    {
        LinearHead head = s_calibration.Apply(new LinearHead([0.5f, -1], [0.25f]), new LinearHead([9, 9], [9]), rows);
        Assert.Equal([0.5f * slope, -slope], head.Weights);
        Assert.Equal([0.25f * slope + offset], head.Bias);
    }

    [Fact]
    public void Apply_BetweenSizes_LiesBetween()
    {
        float[] slopes = [.. new[] { 64, 80, 128, 200, 256 }.Select(rows => s_calibration.Apply(new LinearHead([1], [0]), new LinearHead([1], [0]), rows).Weights[0])];
        Assert.Equal(slopes.Order(), slopes);
        Assert.Equal(5, slopes.Distinct().Count());
        Assert.Equal((1f, 3f), (slopes[0], slopes[^1]));
    }

    [Fact]
    public void Apply_PriorSlopes_ShrinkTowardsThePrior()
    {
        var half = new ScoreCalibration([0.5, 0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5, 0.5], [0, 0, 0, 0, 0]);
        LinearHead head = half.Apply(new LinearHead([2, 4], [6]), new LinearHead([0, 2], [-2]), 10);
        Assert.Equal([1f, 3f], head.Weights);
        Assert.Equal([2f], head.Bias);
    }

    [Fact]
    public void Apply_Identity_ChangesNoBits()
    {
        var head = new LinearHead([0.1f, -7.3f], [1e-3f]);
        LinearHead calibrated = new ScoreCalibration([1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]).Apply(head, head, 7);
        Assert.Equal(head.Weights, calibrated.Weights);
        Assert.Equal(head.Bias, calibrated.Bias);
    }
}
