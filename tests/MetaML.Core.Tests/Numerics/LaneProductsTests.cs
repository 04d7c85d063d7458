using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class LaneProductsTests
{
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 3, 7)]
    [InlineData(2, 4, 30)]
    [InlineData(3, 5, 41)]
    [InlineData(2, 7, 100)]
    public void AddCombinationsAndAddProducts_MatchesLoops_Exactly(int count, int width, int rows)
    {
        int stride = LaneProducts.Stride(rows);
        Assert.True(stride >= rows && stride % 16 == 8);
        var random = new Random(rows);
        double[] Draw(int length) => [.. Enumerable.Range(0, length).Select(_ => (double)random.Next(-9, 10))]; // exact sums
        double[] vectors = Draw(count * width), columns = Draw(width * stride), sums = Draw(count * stride), products = Draw(count * width);
        double[] expectedSums = [.. sums], expectedProducts = [.. products];
        for (int k = 0; k < count; k++)
        {
            for (int j = 0; j < width; j++)
            {
                for (int r = 0; r < stride; r++)
                {
                    expectedSums[k * stride + r] += vectors[k * width + j] * columns[j * stride + r];
                    expectedProducts[k * width + j] += sums[k * stride + r] * columns[j * stride + r];
                }
            }
        }

        LaneProducts.AddProducts(sums, columns, products, stride);
        LaneProducts.AddCombinations(vectors, columns, sums, stride);
        Assert.Equal(expectedSums, sums);
        Assert.Equal(expectedProducts, products);
    }
}
