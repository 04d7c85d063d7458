using MetaML.Adapters.Logistic;
using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Logistic;

public sealed class ScoreVariancesTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(2, 5)] // fewer rows than columns
    [InlineData(5, 5)]
    [InlineData(21, 4)]
    public void Compute_AnyPrecisions_MatchesTheInverse(int rows, int width)
    {
        var random = new Random(rows);
        int stride = LaneProducts.Stride(rows);
        var columns = new double[width * stride];
        for (int i = 0; i < rows * width; i++)
            columns[i % width * stride + i / width] = NormalRandom.Next(random);
        double P(int row, int j) => columns[j * stride + row];
        var variances = new ScoreVariances(columns, rows, stride);
        for (int repeat = 0; repeat < 2; repeat++)
        {
            double[] precisions = [.. Enumerable.Range(0, rows).Select(row => row == 1 ? 0 : random.NextDouble())], actual = new double[rows];
            double logDeterminant = variances.Compute(precisions, actual);
            double[] system = [.. Enumerable.Range(0, width * width).Select(i => (i / width == i % width ? 1 : 0) + Enumerable.Range(0, rows).Sum(row => precisions[row] * P(row, i / width) * P(row, i % width)))];
            double[] inverse = Cholesky.Inverse(system, width);
            Cholesky.Factor(system, width);
            Assert.Equal(MatrixAlgebra.LogDeterminant(system, width), logDeterminant, 1e-10);
            for (int row = 0; row < rows; row++)
                Assert.Equal(Enumerable.Range(0, width * width).Sum(i => P(row, i / width) * inverse[i] * P(row, i % width)), actual[row], 1e-10);
        }
    }
}
