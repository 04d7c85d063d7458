using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public class LowRankCholeskyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 8)]
    [InlineData(5, 5)]
    public void Columns_FactorTimesItsTranspose_IsTheScaledMatrix(int rank, int width)
    {
        var random = new Random(1);
        double[] reduction = [.. Enumerable.Range(0, rank * width).Select(_ => (random.NextDouble() - 0.5) / rank)];
        float[] scale = [.. Enumerable.Range(0, width).Select(_ => 0.5f + random.NextSingle())], columns = LowRankCholesky.Columns(reduction, rank, scale);
        var lower = new double[width, width];
        for (int j = 0, offset = 0; j < width; j++)
        {
            for (int i = j; i < width; i++)
                lower[i, j] = columns[offset++];
        }

        for (int a = 0; a < width; a++)
        {
            for (int b = 0; b < width; b++)
            {
                double expected = scale[a] * scale[b] * ((a == b ? 1 : 0) - Enumerable.Range(0, rank).Sum(r => reduction[r * width + a] * reduction[r * width + b]));
                Assert.Equal(expected, Enumerable.Range(0, width).Sum(k => lower[a, k] * lower[b, k]), 1e-5);
            }
        }
    }

    [Fact]
    public void Columns_NothingExplained_IsTheScale() => Assert.Equal([2, 0, 3], LowRankCholesky.Columns([], 0, [2, 3]));
}
