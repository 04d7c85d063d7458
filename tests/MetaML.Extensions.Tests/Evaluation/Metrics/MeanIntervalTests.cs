using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Metrics;

public sealed class MeanIntervalTests
{
    // Quantiles t(0.975) from printed tables.
    [Theory]
    [InlineData(1, 12.706205)]
    [InlineData(2, 4.302653)]
    [InlineData(3, 3.182446)]
    [InlineData(4, 2.776445)]
    [InlineData(9, 2.262157)]
    [InlineData(30, 2.042272)]
    [InlineData(120, 1.979930)]
    [InlineData(200, 1.971896)]
    [InlineData(201, 1.971837)]
    [InlineData(1000, 1.962339)]
    public void Of_HalfWidth_UsesStudentsQuantile(int freedom, double quantile)
    {
        // n values with equal numbers of 1 and −1, and a 0 if n is odd. The standard error is known.
        int n = freedom + 1;
        double[] values = [.. Enumerable.Range(0, n).Select(i => i == n - 1 && n % 2 == 1 ? 0.0 : i % 2 == 0 ? 1 : -1)];
        double error = Math.Sqrt(values.Sum(value => value * value) / freedom / n);
        MeanInterval interval = MeanInterval.Of(values);
        Assert.InRange(interval.HalfWidth / error, quantile - 1e-6, quantile + 1e-6);
        Assert.Equal(0, interval.Mean, 12);
        Assert.Equal(n, interval.Count);
    }

    [Fact]
    public void Of_ThreeValues_ByHand()
    {
        // Mean 2, standard deviation 1, t(2) = 4.302653: half width 4.302653 / √3 = 2.484138.
        MeanInterval interval = MeanInterval.Of([1, double.NaN, 2, 3]);
        Assert.Equal(2, interval.Mean, 12);
        Assert.Equal(2.484138, interval.HalfWidth, 5);
        Assert.Equal(-0.484138, interval.Lower, 5);
        Assert.Equal(4.484138, interval.Upper, 5);
        Assert.Equal(3, interval.Count);
        Assert.Equal("2.000 ± 2.484", interval.ToString());
    }

    [Fact]
    public void Of_OneValueOrNone_HasNoWidth()
    {
        Assert.Equal(new MeanInterval(5, double.NaN, 1), MeanInterval.Of([5]));
        Assert.Equal(new MeanInterval(double.NaN, double.NaN, 0), MeanInterval.Of([double.NaN]));
    }
}
