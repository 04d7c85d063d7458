using MetaML.Extensions.Transformers.RowScoring;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers.RowScoring;

public sealed class TaskRowScorerTests
{
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(2, 0.88079708)]
    [InlineData(-30, 9.3576e-14)]
    public void ProbabilityOf_AScore_IsItsSigmoid(float score, double probability) => Assert.Equal(probability, TaskRowScorer.ProbabilityOf(score), 1e-4 * probability);

    [Theory]
    [InlineData(20)]
    [InlineData(-200)]
    [InlineData(float.MaxValue)]
    [InlineData(float.MinValue)]
    public void ProbabilityOf_AnExtremeScore_IsNeither0Nor1(float score)
    {
        float probability = TaskRowScorer.ProbabilityOf(score);
        Assert.True(probability > 0 && probability < 1, $"{probability}");
    }

    [Fact]
    public void ProbabilityOf_AMissingScore_IsMissing() => Assert.True(float.IsNaN(TaskRowScorer.ProbabilityOf(float.NaN)));
}
