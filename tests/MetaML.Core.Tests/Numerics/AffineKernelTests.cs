using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

public sealed class AffineKernelTests
{
    public static TheoryData<int, int> Shapes()
    {
        var shapes = new TheoryData<int, int>();
        foreach (int inputs in (int[])[1, 2, 7, 16, 33, 300])
        {
            foreach (int outputs in (int[])[1, 3, 7, 8, 9, 15, 16, 17, 23, 50, 63, 64, 65, 100, 130])
                shapes.Add(inputs, outputs);
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Apply_AnyNumberOfRows_MatchesDoublePrecisionAndRowAlone(int inputs, int outputs)
    {
        var random = new Random(inputs * 1000 + outputs);
        float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs);
        foreach (int rows in (int[])[1, 3, 4, 5, 31, 32, 37])
        {
            float[] x = Numbers(random, rows * inputs), y = new float[rows * outputs], alone = new float[outputs], rectified = new float[rows * outputs];
            AffineKernel.Apply(x, weight, bias, rectifies: false, y);
            AffineKernel.Apply(x, weight, bias, rectifies: true, rectified);
            for (int i = 0; i < rows; i++)
            {
                AffineKernel.Apply(x.AsSpan(i * inputs, inputs), weight, bias, rectifies: false, alone);
                for (int j = 0; j < outputs; j++)
                {
                    double expected = bias[j], size = Math.Abs(bias[j]);
                    for (int k = 0; k < inputs; k++)
                    {
                        expected += (double)x[i * inputs + k] * weight[k * outputs + j];
                        size += Math.Abs((double)x[i * inputs + k] * weight[k * outputs + j]);
                    }

                    Assert.InRange(y[i * outputs + j], expected - 1e-7 * (inputs + 1) * size, expected + 1e-7 * (inputs + 1) * size);
                    Assert.Equal(alone[j], y[i * outputs + j]); // the same bits in every block
                    Assert.Equal(Math.Max(y[i * outputs + j], 0), rectified[i * outputs + j]);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Apply_SparseRow_EqualsDense(int inputs, int outputs)
    {
        var random = new Random(inputs + outputs);
        float[] weight = Numbers(random, inputs * outputs), bias = Numbers(random, outputs), x = Numbers(random, inputs), dense = new float[outputs], sparse = new float[outputs];
        for (int k = 0; k < inputs; k += 2)
            x[k] = 0;
        int[] indices = [.. Enumerable.Range(0, inputs).Where(k => x[k] != 0)];
        AffineKernel.Apply(x, weight, bias, rectifies: false, dense);
        AffineKernel.Apply([.. indices.Select(k => x[k])], indices, weight, bias, rectifies: false, sparse);
        Assert.Equal(dense, sparse);
    }

    [Fact]
    public void Apply_NotFinite_StaysNotFinite()
    {
        float[] y = new float[40];
        AffineKernel.Apply([float.NaN, 1, 1, 1, 1], [.. Enumerable.Repeat(1f, 8)], new float[8], rectifies: true, y);
        Assert.All(y[..8], value => Assert.True(float.IsNaN(value)));
        Assert.All(y[8..], value => Assert.Equal(1, value));
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
