using System.Numerics;
using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Numerics;

/// <summary>Compares products of small matrices with three nested loops. Many sizes are not multiples of a register.</summary>
public sealed class SmallProductsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(50)]
    public void Products_EqualThreeLoops_AndTouchNothingBehindThem(int columns)
    {
        foreach (int rows in (int[])[1, 2, 3, 4, 5, 9, 10])
        {
            foreach (int inner in (int[])[0, 1, 2, 5, 16, 33, 300]) // the last size uses dot products of rows
            {
                Check<float>(rows, inner, columns, 1e-5);
                Check<double>(rows, inner, columns, 1e-13);
            }
        }
    }

    [Fact]
    public void Multiply_TooFewNumbers_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => SmallProducts<float>.Multiply(new float[6], new float[6], new float[100], 2, 3, 2));
        Assert.Contains("must hold", error.Message, StringComparison.Ordinal);
    }

    private static void Check<T>(int rows, int inner, int columns, double tolerance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Random(rows * 10_000 + inner * 100 + columns);
        T[] Draw(int count) => [.. Enumerable.Range(0, count + SmallProducts<T>.Slack).Select(_ => T.CreateChecked(2 * random.NextDouble() - 1))];
        T[] a = Draw(rows * inner), b = Draw(inner * columns), before = Draw(rows * columns);
        foreach (bool adds in (bool[])[false, true])
        {
            double[] expected = [.. before.Select((value, i) => i >= rows * columns
                ? double.CreateChecked(value)
                : (adds ? double.CreateChecked(value) : 0) + Enumerable.Range(0, inner).Sum(p => double.CreateChecked(a[i / columns * inner + p]) * double.CreateChecked(b[p * columns + i % columns])))];
            void Matches(Action<T[]> multiply)
            {
                T[] result = [.. before];
                multiply(result);
                Assert.All(expected.Zip(result), pair => Assert.Equal(pair.First, double.CreateChecked(pair.Second), tolerance * (1 + inner)));
            }

            Matches(c => SmallProducts<T>.Multiply(a, b, c, rows, inner, columns, adds));
            Matches(c => SmallProducts<T>.MultiplyTransposed(Transposed(a, rows, inner), b, c, rows, inner, columns, adds));
            Matches(c => SmallProducts<T>.MultiplyByTransposed(a, Transposed(b, inner, columns), c, rows, inner, columns, adds));
        }
    }

    private static T[] Transposed<T>(T[] values, int rows, int columns)
    {
        var result = (T[])values.Clone();
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                result[j * rows + i] = values[i * columns + j];
        }

        return result;
    }
}
