using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using Xunit;

namespace MetaML.Pretrained.Tests.Tables;

public sealed class RowEncoderTests
{
    private static readonly NetworkShape s_shape = new(Slots: 4);

    [Fact]
    public void Encode_Numbers_AreStandardisedAndRanked()
    {
        var rows = new RowEncoder(s_shape, [1, 2, 3, 4, 5], width: 1, [0], classes: 2);
        var token = new float[s_shape.Inputs];
        rows.Encode([4], token);
        float scale = MathF.Sqrt(4); // four slots, one feature
        Assert.Equal(scale * 1 / MathF.Sqrt(2), token[0], 1e-5f);
        Assert.Equal(scale * MathF.Sqrt(3) * (2 * 0.7f - 1), token[4], 1e-5f); // three values are below, one is equal
        Assert.All(token[8..12], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Encode_MissingValue_IsMarked(float missing)
    {
        var rows = new RowEncoder(s_shape, [1, missing, 2, 5, 3, 7], width: 2, [0, 1], classes: 2);
        var token = new float[s_shape.Inputs];
        rows.Encode([missing, 5], token);
        Assert.Equal((0, 0, 1), (token[0], token[4], token[8]));
        Assert.Equal(0, token[9]);
    }

    [Fact]
    public void Encode_ConstantFeature_IsLeftOut()
    {
        var rows = new RowEncoder(s_shape, [1, 7, 2, 7, 3, 7], width: 2, [0, 1], classes: 0);
        var token = new float[s_shape.Inputs];
        rows.Encode([2.5f, 9], token);
        Assert.Equal((0, 0, 0), (token[1], token[5], token[9]));
        Assert.Equal(0.25f, token[13]); // one of four slots
    }

    [Fact]
    public void Encode_ScaledAndShiftedFeature_GivesTheSameToken()
    {
        float[] support = [0.3f, -2, 5, 1.5f, 0.1f, 4], moved = [.. support.Select(value => 1000 * value + 50)];
        float[] one = new float[s_shape.Inputs], other = new float[s_shape.Inputs];
        new RowEncoder(s_shape, support, 1, [0], 2).Encode([2], one);
        new RowEncoder(s_shape, moved, 1, [0], 2).Encode([2050], other);
        Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }
}
