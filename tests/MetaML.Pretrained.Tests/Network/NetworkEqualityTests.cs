using MetaML.Numerics;
using MetaML.Parameters;
using MetaML.Pretrained.Network;
using MetaML.PriorFitting.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Pretrained.Tests.Network;

/// <summary>The managed forward pass gives the results of TorchSharp's.</summary>
public sealed class NetworkEqualityTests
{
    private static readonly NetworkShape s_small = new(Slots: 3, Width: 12, Heads: 2, Layers: 3, Hidden: 20);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(40, 70)]
    public void Score_RandomNetwork_EqualsTorch(int support, int query)
    {
        var random = new Random(support);
        ParameterArray[] values = [.. s_small.Parameters.Select(spec => new ParameterArray(spec.Name, Normal(random, spec.Count, 0.5)))];
        AssertEqual(new NetworkWeights(s_small, values), support, query);
    }

    [Fact]
    public void Score_ShippedNetwork_EqualsTorch() => AssertEqual(NetworkWeights.FromBytes(ShippedNetwork.OfPackage.Bytes), support: 50, query: 20);

    private static void AssertEqual(NetworkWeights weights, int support, int query)
    {
        NetworkShape shape = weights.Shape;
        var random = new Random(1);
        float[] tokens = Normal(random, (support + query) * shape.Inputs, 1), labels = Normal(random, support * NetworkShape.LabelInputs, 1);

        using var scope = NewDisposeScope();
        using var constant = no_grad();
        var network = new TorchNetwork(shape, ParameterSet.FromArrays(shape.Parameters, weights.Parameters));
        float[] expected = network.Logits(tensor(tokens, [1, support + query, shape.Inputs]), tensor(labels, [1, support, NetworkShape.LabelInputs])).data<float>().ToArray();

        var managed = new ManagedNetwork(weights);
        SupportMemory[] memories = managed.Read(tokens.AsSpan(0, support * shape.Inputs), labels);
        var actual = new float[query * NetworkShape.Outputs];
        managed.Score(memories, tokens.AsSpan(support * shape.Inputs), new RowBuffers(shape, query), actual);
        float scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First / scale, pair.Second / scale, 1e-5f));
    }

    private static float[] Normal(Random random, int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ => (float)(deviation * NormalRandom.Next(random)))];
}
