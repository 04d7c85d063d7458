using MetaML.Data;
using MetaML.Encoders;
using MetaML.Models;
using MetaML.Numerics;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class BlockScoringTests
{
    private const int Features = 9, Rows = 45;

    public static TheoryData<string, EncoderOptions> Encoders() => new()
    {
        { "identity", new IdentityEncoderOptions() },
        { "linear", new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 5 } },
        { "relu", new MlpEncoderOptions { HiddenUnits = [64, 64], EmbeddingDimension = 50 } },
        { "odd widths, linear path", new MlpEncoderOptions { HiddenUnits = [7, 130, 3], EmbeddingDimension = 11, LinearPath = true } },
        { "tanh, residual, normalised", new MlpEncoderOptions { HiddenUnits = [33, 33, 33], EmbeddingDimension = 10, Activation = Activation.Tanh, Residual = true, LayerNormalization = true } },
        { "silu, residual", new MlpEncoderOptions { HiddenUnits = [20, 20], EmbeddingDimension = 130, Activation = Activation.Silu, Residual = true } },
        { "wide", new MlpEncoderOptions { HiddenUnits = [5000], EmbeddingDimension = 40 } },
        { "kernel", new KernelEncoderOptions { LandmarkCount = 21 } },
        { "projection", new ProjectionEncoderOptions() },
        { "images", new ConvolutionalEncoderOptions { Channels = 1, Height = 3, Width = 3, Filters = 8, Blocks = 1, Groups = 2 } },
    };

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Embed_Block_SameBitsAsEachRowAlone(string name, EncoderOptions options)
    {
        Assert.NotEmpty(name);
        var random = new Random(5);
        IEncoder encoder = options.Create(Features);
        float[][] parameters = [.. encoder.Parameters.Select(spec => Numbers(random, spec.Count))];
        var store = new DenseFeatureStore(Features);
        for (int row = 0; row < Rows; row++)
            store.Add(new FeatureRow(Numbers(random, Features)));
        var scorer = new MetaScorer(encoder, FeatureScaling.Fit(store), parameters);
        float[] block = scorer.Embed(store, [.. Enumerable.Range(0, Rows)]).ToArray();
        for (int row = 0; row < Rows; row++)
            Assert.Equal(block[(row * encoder.EmbeddingDimension)..((row + 1) * encoder.EmbeddingDimension)], scorer.Embed(store[row]).ToArray());
    }

    [Fact]
    public void Embed_OneRowAfterAnother_AllocatesNothing()
    {
        var random = new Random(7);
        IEncoder encoder = new MlpEncoderOptions { HiddenUnits = [64, 64], EmbeddingDimension = 50 }.Create(Features);
        var scorer = new MetaScorer(encoder, null, [.. encoder.Parameters.Select(spec => Numbers(random, spec.Count))]);
        float[] features = Numbers(random, Features);
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++) // the first time, code is compiled
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int row = 0; row < 100; row++)
                scorer.Embed(new FeatureRow(features));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Embed_SparseAndDenseRowsInOneBlock_SameBitsAsEachRowAlone()
    {
        var random = new Random(6);
        IEncoder encoder = new MlpEncoderOptions { HiddenUnits = [20], EmbeddingDimension = 10 }.Create(Features);
        float[][] parameters = [.. encoder.Parameters.Select(spec => Numbers(random, spec.Count))];
        foreach (bool isSparseFirst in (bool[])[true, false])
        {
            var scorer = new MetaScorer(encoder, null, parameters);
            float[] dense = Numbers(random, Features), values = Numbers(random, 3);
            FeatureRow sparse = new(Features, [1, 4, 8], values);
            float[][] alone = [scorer.Embed(isSparseFirst ? sparse : new FeatureRow(dense)).ToArray(), scorer.Embed(isSparseFirst ? new FeatureRow(dense) : sparse).ToArray()];
            scorer.Clear();
            scorer.Add(isSparseFirst ? sparse : new FeatureRow(dense));
            scorer.Add(isSparseFirst ? new FeatureRow(dense) : sparse);
            scorer.EmbedAll();
            Assert.Equal(alone[0], scorer.Embedding(0).ToArray());
            Assert.Equal(alone[1], scorer.Embedding(1).ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(200)]
    public void OrderedSum_AnyPlaceInMemory_SameBits(int count)
    {
        var random = new Random(count);
        float[] x = Numbers(random, count), y = Numbers(random, count);
        float product = OrderedSum.OfProducts(x, y), sum = OrderedSum.Of(x);
        Assert.Equal(x.Zip(y, (a, b) => (double)a * b).Sum(), product, 1e-4);
        Assert.Equal(x.Sum(a => (double)a), sum, 1e-4);
        for (int shift = 1; shift < 20; shift++)
        {
            float[] moved = [.. new float[shift], .. x], other = [.. new float[shift], .. y];
            Assert.Equal(product, OrderedSum.OfProducts(moved.AsSpan(shift), other.AsSpan(shift)));
            Assert.Equal(sum, OrderedSum.Of(moved.AsSpan(shift)));
        }
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
}
