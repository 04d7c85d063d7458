using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class GoldenSectionTests
{
    [Theory]
    [InlineData(-2)]
    [InlineData(0.3)]
    [InlineData(5)]
    public void Minimum_OneMinimum_IsFoundAlsoAtAnEnd(double at) =>
        Assert.Equal(at, GoldenSection.Minimum(x => Math.Cosh(x - at), -2, 5, steps: 30), 1e-5);
}
