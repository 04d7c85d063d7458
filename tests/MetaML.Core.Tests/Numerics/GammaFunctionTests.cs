using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class GammaFunctionTests
{
    [Theory]
    [InlineData(0.001, 6.907178885383853)]
    [InlineData(0.5, 0.5723649429247001)]
    [InlineData(1, 0)]
    [InlineData(2.5, 0.2846828704729192)]
    [InlineData(7, 6.579251212010101)]
    [InlineData(171, 706.5730622457873)]
    public void Log_MatchesReference(double x, double expected) => Assert.Equal(expected, GammaFunction.Log(x), 1e-11 * Math.Max(1, Math.Abs(expected)));

    [Fact]
    public void Log_OfANumberThatIsNotPositive_IsNaN() => Assert.All([0, -1e30, double.NaN], x => Assert.True(double.IsNaN(GammaFunction.Log(x)) && double.IsNaN(GammaFunction.Digamma(x))));

    [Theory]
    [InlineData(0.01, -100.56088545786867)]
    [InlineData(1, -0.5772156649015329)]
    [InlineData(0.5, -1.9635100260214235)]
    [InlineData(10, 2.251752589066721)]
    public void Digamma_MatchesReference(double x, double expected) => Assert.Equal(expected, GammaFunction.Digamma(x), 1e-11 * Math.Max(1, Math.Abs(expected)));
}
