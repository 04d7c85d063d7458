using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class LaneInverseTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 8)]
    [InlineData(3, 5)]
    [InlineData(4, 8)]
    [InlineData(5, 2)]
    [InlineData(6, 7)]
    [InlineData(21, 8)]
    public void Invert_SeveralMatrices_EqualsTheInverseOfEach(int size, int count)
    {
        double[] common = Definite(size, new Random(size));
        double[][] own = [.. Enumerable.Range(0, count).Select(t => Definite(size, new Random(100 * size + t)))];
        double[][] inverses = Array.ConvertAll(own, _ => new double[size * size]);
        var logDeterminants = new double[count];
        LaneInverse.Invert(common, own, size, inverses, logDeterminants);
        for (int t = 0; t < count; t++)
        {
            double[] sum = [.. common.Zip(own[t], (x, y) => x + y)], product = new double[size * size];
            for (int i = 0; i < sum.Length; i++)
                product[i] = Enumerable.Range(0, size).Sum(k => sum[i / size * size + k] * inverses[t][k * size + i % size]);
            for (int i = 0; i < sum.Length; i++)
                Assert.Equal(i / size == i % size ? 1 : 0, product[i], 1e-9);
            Cholesky.Factor(sum, size);
            Assert.Equal(MatrixAlgebra.LogDeterminant(sum, size), logDeterminants[t], 1e-9);
        }

        double[] alone = new double[size * size];
        LaneInverse.Invert(common, [own[^1]], size, [alone], new double[1]);
        Assert.Equal(alone, inverses[^1]);
    }

    [Fact]
    public void Invert_OneOfSeveralIsNotDefinite_Throws()
    {
        double[] definite = [2, 1, 1, 2], other = [1, 3, 3, 1];
        Assert.Throws<ArithmeticException>(() => LaneInverse.Invert(new double[4], [definite, other], 2, [new double[4], new double[4]], new double[2]));
        Assert.Throws<ArithmeticException>(() => LaneInverse.Invert(new double[4], [definite, [double.NaN, 0, 0, 1]], 2, [new double[4], new double[4]], new double[2]));
    }

    // Few rows give a determinant near 0, but not a singular matrix.
    private static double[] Definite(int size, Random random)
    {
        double[] rows = [.. Enumerable.Range(0, (size + 1) * size).Select(_ => NormalRandom.Next(random))];
        return [.. Enumerable.Range(0, size * size).Select(i => Enumerable.Range(0, size + 1).Sum(row => rows[row * size + i / size] * rows[row * size + i % size]) + (i / size == i % size ? 0.1 : 0))];
    }
}
