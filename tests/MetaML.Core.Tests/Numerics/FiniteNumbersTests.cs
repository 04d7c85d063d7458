using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class FiniteNumbersTests
{
    [Fact]
    public void AreAll_NoNumbers_IsTrue() => Assert.True(FiniteNumbers.AreAll<float>([]));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void AreAll_OneThatIsNotFinite_IsFalse(float value)
    {
        Assert.False(FiniteNumbers.AreAll<float>([0, value, 1]));
        Assert.True(FiniteNumbers.AreAll<float>([0, float.MaxValue, 1]));
    }
}
