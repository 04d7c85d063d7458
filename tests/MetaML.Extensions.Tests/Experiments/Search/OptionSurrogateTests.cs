using MetaML.Extensions.Experiments.Search;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments.Search;

public sealed class OptionSurrogateTests
{
    private static readonly double[][] s_positions = [.. Enumerable.Range(0, 9).Select(i => new[] { i / 8.0 })];

    private readonly OptionSurrogate _surrogate = new(s_positions, [.. s_positions.Select(position => Score(position[0]))]);

    [Theory]
    [InlineData(0.31)]
    [InlineData(0.68)]
    public void Predict_SmoothScores_AreInterpolated(double position)
    {
        var (mean, deviation) = _surrogate.Predict([position]);
        Assert.Equal(Score(position), mean, 0.15);
        Assert.InRange(deviation, 0.001, 0.4);
    }

    [Fact]
    public void Predict_FarFromAllRuns_IsLessCertain()
    {
        var few = new OptionSurrogate([[0.1], [0.2], [0.3]], [1, 2, 1.5]);
        Assert.True(few.Predict([0.9]).Deviation > 2 * few.Predict([0.2]).Deviation);
    }

    [Theory]
    [InlineData(0.62, 1)]
    [InlineData(0.1, 0.2)]
    [InlineData(0.9, 3)]
    public void ExpectedImprovement_AnyPosition_IsTheMeanOverThePrediction(double position, double best)
    {
        var (mean, deviation) = _surrogate.Predict([position]);
        double expected = 0, step = 0.001;
        for (double z = -8; z < 8; z += step)
            expected += step * Math.Max(0, mean + deviation * z - best) * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        Assert.Equal(expected, _surrogate.ExpectedImprovement([position], best), 1e-5);
    }

    [Fact]
    public void ExpectedImprovement_EqualScores_IsZero() =>
        Assert.Equal(0, new OptionSurrogate([[0.1], [0.9]], [2, 2]).ExpectedImprovement([0.5], 2));

    private static double Score(double position) => Math.Sin(5 * position);
}
