using MetaML.Parameters;
using MetaML.Pretrained.Network;
using Xunit;

namespace MetaML.Pretrained.Tests.Network;

public sealed class NetworkWeightsTests
{
    private static readonly NetworkShape s_shape = new(Slots: 2, Width: 4, Heads: 2, Layers: 1, Hidden: 3);

    [Fact]
    public void FromBytes_OfToBytes_HasTheSameNumbersInHalfPrecision()
    {
        var weights = new NetworkWeights(s_shape, ParameterArray.Initialize(s_shape.Parameters, new Random(1)));
        NetworkWeights read = NetworkWeights.FromBytes(weights.ToBytes());
        Assert.Equal(s_shape, read.Shape);
        Assert.Equal(weights.Parameters.Select(parameter => parameter.Name), read.Parameters.Select(parameter => parameter.Name));
        Assert.Equal(weights.Parameters.SelectMany(parameter => parameter.Values).Select(value => (float)(Half)value), read.Parameters.SelectMany(parameter => parameter.Values));
    }

    [Fact]
    public void FromBytes_AnyChangedByte_Throws()
    {
        byte[] good = new NetworkWeights(s_shape, ParameterArray.Initialize(s_shape.Parameters, new Random(1))).ToBytes();
        foreach (int position in new[] { 0, 9, 13, 40, good.Length - 1 })
        {
            byte[] bad = [.. good];
            bad[position] ^= 1;
            Assert.Throws<InvalidDataException>(() => NetworkWeights.FromBytes(bad));
        }

        Assert.Throws<InvalidDataException>(() => NetworkWeights.FromBytes(good.AsSpan(0, 20)));
    }

    [Fact]
    public void Bins_EachBin_ContainsItsValue()
    {
        for (int bin = 0; bin < LabelBins.Count; bin++)
        {
            Assert.Equal(bin, LabelBins.Of(LabelBins.Values[bin]));
            Assert.Equal(-LabelBins.Values[bin], LabelBins.Values[LabelBins.Count - 1 - bin], 1e-4f);
        }

        Assert.Equal((0, LabelBins.Count - 1), (LabelBins.Of(-1e6), LabelBins.Of(1e6)));
    }
}
