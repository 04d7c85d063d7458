using MetaML.Data;
using MetaML.Encoders.Images;
using MetaML.Native;
using MetaML.Parameters;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Encoders.Images;

public sealed class ConvolutionalEncoderTests
{
    private static readonly ImageAugmentation s_strong = new() { Shift = 0.3, Rotation = 40, Scale = 0.3, Shear = 0.3 };

    public static TheoryData<ConvolutionalEncoderOptions> Forms => new(
        new ConvolutionalEncoderOptions { Height = 8, Width = 6, Channels = 2, Filters = 20, Groups = 4, Blocks = 2 },
        new ConvolutionalEncoderOptions { Height = 6, Width = 8, Channels = 2, Filters = 3, Groups = 1, Blocks = 4, InterleavedChannels = true },
        new ConvolutionalEncoderOptions { Height = 12, Width = 8, Channels = 1, Filters = 32, Groups = 8, Blocks = 3, Views = 3, Augmentation = s_strong },
        new ConvolutionalEncoderOptions { Height = 4, Width = 8, Channels = 3, Filters = 18, Groups = 2, Blocks = 2, Views = 2, Augmentation = s_strong, InterleavedChannels = true });

    [Theory]
    [MemberData(nameof(Forms))]
    public void Embed_EveryForm_EqualsForward(ConvolutionalEncoderOptions options)
    {
        using var scope = NewDisposeScope();
        var encoder = new ConvolutionalEncoder(96, options);
        ParameterArray[] values = Values(encoder);
        float[] row = Row(3);
        double[] expected = [.. encoder.Forward(ParameterSet.FromArrays(encoder.Parameters, values, dtype: ScalarType.Float64), tensor(row, dtype: ScalarType.Float64).reshape(1, 1, 96)).contiguous().data<double>()];
        var managed = new float[encoder.EmbeddingDimension];
        encoder.Embed([.. values.Select(p => p.Values)], new FeatureRow(row), managed);
        Assert.All(expected.Zip(managed), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
    }

    [Fact]
    public void Forward_OneBlock_EqualsLoops()
    {
        using var scope = NewDisposeScope();
        var encoder = new ConvolutionalEncoder(40, new ConvolutionalEncoderOptions { Height = 5, Width = 4, Channels = 2, Filters = 4, Groups = 2, Blocks = 1 });
        ParameterArray[] values = Values(encoder);
        float[] row = Row(5)[..40];
        double[] actual = [.. encoder.Forward(ParameterSet.FromArrays(encoder.Parameters, values, dtype: ScalarType.Float64), tensor(row, dtype: ScalarType.Float64).reshape(1, 1, 40)).contiguous().data<double>()];
        double[] expected = Loops(values, row, channels: 2, height: 5, width: 4, filters: 4, groups: 2);
        Assert.Equal(4 * 2 * 2, expected.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Forward_SomeParametersPerTask_EqualsEachTaskAlone(ConvolutionalEncoderOptions options)
    {
        using var scope = NewDisposeScope();
        var encoder = new ConvolutionalEncoder(96, options);
        ParameterSet[] sets = [.. Enumerable.Range(0, 3).Select(seed => ParameterSet.FromArrays(encoder.Parameters, Values(encoder, seed), dtype: ScalarType.Float64))];
        foreach (string[] own in new[] { encoder.Parameters.Select(spec => spec.Name).ToArray(), ["bias0"], ["gain1", "shift1"], ["weight1"] })
        {
            ParameterSet mixed = sets[0].Map((name, value) => own.Contains(name) ? stack([.. sets.Select(set => set[name])]) : value);
            Tensor features = rand(3, 5, 96, dtype: ScalarType.Float64, generator: new Generator(1));
            Tensor together = encoder.Forward(mixed, features);
            for (int t = 0; t < sets.Length; t++)
            {
                ParameterSet alone = sets[0].Map((name, value) => own.Contains(name) ? sets[t][name] : value);
                Assert.True((together[t] - encoder.Forward(alone, features[t].unsqueeze(0))[0]).abs().max().Value() < 1e-10);
            }
        }
    }

    [Fact]
    public void Augment_SameGenerator_SameImages_AndNoneWithoutAugmentation()
    {
        using var scope = NewDisposeScope();
        var encoder = new ConvolutionalEncoder(96, new ConvolutionalEncoderOptions { Height = 8, Width = 12, Filters = 8 });
        Tensor features = rand(2, 3, 96, generator: new Generator(1));
        Tensor first = encoder.Augment(features, new Random(1)), again = encoder.Augment(features, new Random(1)), other = encoder.Augment(features, new Random(2));
        Assert.Equal(features.shape, first.shape);
        Assert.True(first.Equals(again));
        Assert.False(first.Equals(other));
        Assert.False(first.Equals(features));
        var plain = new ConvolutionalEncoder(96, new ConvolutionalEncoderOptions { Height = 8, Width = 12, Filters = 8, Augmentation = null });
        Assert.True(plain.Augment(features, new Random(1)).Equals(features));
    }

    [Fact]
    public void AffineMap_QuarterTurn_TurnsTheImage()
    {
        var turned = new float[9];
        new AffineMap(0, -1, 0, 1, 0, 0).Apply([1, 2, 3, 4, 5, 6, 7, 8, 9], new ImageShape(1, 3, 3), turned);
        Assert.Equal([3, 6, 9, 2, 5, 8, 1, 4, 7], Rounded(turned));
    }

    [Fact]
    public void AffineMap_ShiftBeyondTheEdge_RepeatsTheEdge()
    {
        var shifted = new float[6];
        new AffineMap(1, 0, 1f / 3, 0, 1, 0).Apply([1, 2, 3, 4, 5, 6], new ImageShape(1, 2, 3), shifted);
        Assert.Equal([2, 3, 3, 5, 6, 6], Rounded(shifted));
    }

    [Fact]
    public void AffineMap_AnyMap_ManagedEqualsTorch()
    {
        using var scope = NewDisposeScope();
        var shape = new ImageShape(1, 8, 12);
        float[] image = Row(7);
        var random = new Random(3);
        for (int i = 0; i < 10; i++)
        {
            AffineMap map = s_strong.Draw(random);
            var managed = new float[96];
            map.Apply(image, shape, managed);
            float[] torch = [.. AffineMap.Apply(tensor(image).reshape(1, 1, 8, 12), [map], shape).contiguous().data<float>()];
            Assert.All(torch.Zip(managed), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Theory]
    [InlineData(784, 1, 28, 28)]
    [InlineData(3 * 84 * 84, 3, 84, 84)]
    public void ShapeOf_NothingSet_IsSquare(int features, int channels, int height, int width) =>
        Assert.Equal(new ImageShape(channels, height, width), new ConvolutionalEncoderOptions().ShapeOf(features));

    [Fact]
    public void Create_ShapeThatDoesNotFit_NamesBoth()
    {
        var error = Assert.Throws<ArgumentException>(() => new ConvolutionalEncoder(785, new ConvolutionalEncoderOptions()));
        Assert.Contains("785", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => new ConvolutionalEncoder(784, new ConvolutionalEncoderOptions { Height = 28, Width = 27, Channels = 1 }));
        Assert.Contains("28 · 27 · 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithShape_ColumnOfThreeDimensions_FollowsTheLayout()
    {
        var planar = (ConvolutionalEncoderOptions)new ConvolutionalEncoderOptions().WithShape([3, 20, 30]);
        Assert.Equal((3, 20, 30), (planar.Channels!.Value, planar.Height!.Value, planar.Width!.Value));
        var interleaved = (ConvolutionalEncoderOptions)new ConvolutionalEncoderOptions { InterleavedChannels = true }.WithShape([20, 30, 3]);
        Assert.Equal((3, 20, 30), (interleaved.Channels!.Value, interleaved.Height!.Value, interleaved.Width!.Value));
        Assert.Null(((ConvolutionalEncoderOptions)new ConvolutionalEncoderOptions().WithShape([600])).Height);
    }

    private static float[] Rounded(float[] values) => Array.ConvertAll(values, value => MathF.Round(value, 4));

    private static double[] Loops(ParameterArray[] parameters, float[] image, int channels, int height, int width, int filters, int groups)
    {
        var (weight, bias, gain, shift) = (parameters[0].Values, parameters[1].Values, parameters[2].Values, parameters[3].Values);
        var filtered = new double[filters, height, width];
        for (int f = 0; f < filters; f++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    double sum = bias[f];
                    for (int i = 0; i < 9 * channels; i++)
                    {
                        int tap = i / channels, c = i % channels, v = y + tap / 3 - 1, u = x + tap % 3 - 1;
                        if (v >= 0 && v < height && u >= 0 && u < width)
                            sum += (double)image[(c * height + v) * width + u] * weight[i * filters + f];
                    }

                    filtered[f, y, x] = sum;
                }
            }
        }

        int size = filters / groups;
        double Normal(int f, int y, int x)
        {
            var group = Enumerable.Range(f / size * size, size).SelectMany(k => Enumerable.Range(0, height * width).Select(i => filtered[k, i / width, i % width])).ToArray();
            double mean = group.Average(), variance = group.Average(value => (value - mean) * (value - mean));
            return Math.Max(0, (filtered[f, y, x] - mean) / Math.Sqrt(variance + 1e-5) * gain[f] + shift[f]);
        }

        return [.. from f in Enumerable.Range(0, filters)
                   from y in Enumerable.Range(0, height / 2)
                   from x in Enumerable.Range(0, width / 2)
                   select new[] { Normal(f, 2 * y, 2 * x), Normal(f, 2 * y, 2 * x + 1), Normal(f, 2 * y + 1, 2 * x), Normal(f, 2 * y + 1, 2 * x + 1) }.Max()];
    }

    private static float[] Row(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 96).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }

    private static ParameterArray[] Values(ConvolutionalEncoder encoder, int seed = 3)
    {
        var random = new Random(seed);
        return [.. ParameterArray.Initialize(encoder.Parameters, random).Select(p => p with { Values = Array.ConvertAll(p.Values, value => value + (float)(0.2 * random.NextDouble())) })];
    }
}
