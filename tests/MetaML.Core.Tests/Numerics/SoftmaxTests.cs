using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class SoftmaxTests
{
    [Fact]
    public void Apply_LogitsOfAnySize_AreProbabilitiesThatDifferByTheirDifference()
    {
        foreach (float offset in new[] { 0f, 100, -100, 1e6f })
        {
            float[] scores = [offset, offset + 1, offset + 2];
            Softmax.Apply(scores, scores);
            Assert.Equal(1, scores.Sum(), 1e-6);
            Assert.Equal(Math.E, scores[2] / scores[1], 1e-5);
        }
    }
}
