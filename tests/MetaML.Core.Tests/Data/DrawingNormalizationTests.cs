using MetaML.Data;
using Xunit;

namespace MetaML.Core.Tests.Data;

public sealed class DrawingNormalizationTests
{
    private const int Side = 24;

    private static readonly DrawingNormalization s_square = new(1, Side, Side, false, 0.2);

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.15)]
    [InlineData(0.2)]
    public void Apply_Drawing_InkIsCentredAndHasTheSpread(double spread)
    {
        float[] normalized = Drawing(4, 3, 1);
        (s_square with { InkSpread = spread }).Apply(normalized);
        double ink = normalized.Sum(), x = Enumerable.Range(0, normalized.Length).Sum(i => normalized[i] * (i % Side + 0.5)) / ink, y = Enumerable.Range(0, normalized.Length).Sum(i => normalized[i] * (i / Side + 0.5)) / ink;
        double across = Math.Sqrt(Enumerable.Range(0, normalized.Length).Sum(i => normalized[i] * Math.Pow(i % Side + 0.5 - x, 2)) / ink);
        Assert.Equal((Side / 2.0, Side / 2.0), (x, y), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.3 && Math.Abs(a.Item2 - b.Item2) < 0.3);
        Assert.Equal(Side * spread, across, 0.4); // the drawing is wider than high
        Assert.Equal(0, normalized.Min());
        Assert.True(normalized.Max() > 0.9);
    }

    [Fact]
    public void Apply_FaintGround_HardlyMatters()
    {
        float[] drawing = Drawing(4, 3, 1), clean = Normalized(drawing);
        var random = new Random(1);
        float[] noisy = Normalized(Array.ConvertAll(drawing, value => 0.9f * value + 0.08f * random.NextSingle()));
        Assert.True(clean.Zip(noisy).Sum(pair => Math.Abs(pair.First - pair.Second)) < 0.25 * (clean.Sum() + noisy.Sum()));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(255, 0)]
    [InlineData(-255, 255)]
    [InlineData(65535, 3)]
    [InlineData(-0.01, 5)]
    public void Apply_OtherPaperInkAndRange_SameResult(float factor, float offset)
    {
        float[] drawing = Drawing(4, 3, 1);
        AssertEqual(Normalized(drawing), Normalized(Array.ConvertAll(drawing, value => factor * value + offset)), 1e-4);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(12, 14)]
    [InlineData(16, 18)]
    public void Apply_OtherPlace_SameResult(int left, int top) => AssertEqual(Normalized(Drawing(4, 3, 1)), Normalized(Drawing(left, top, 1)), 1e-4);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Apply_OtherSize_SameInkUpToInterpolation(int scale)
    {
        float[] small = Normalized(Drawing(4, 3, 1)), large = Normalized(Drawing(0, 1, scale));
        Assert.True(small.Zip(large).Sum(pair => Math.Abs(pair.First - pair.Second)) < 0.25 * (small.Sum() + large.Sum())); // the whole sum if they did not overlap
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    public void Apply_EmptyPaper_IsZero(float paper)
    {
        float[] image = new float[Side * Side];
        Array.Fill(image, paper);
        Assert.All(Normalized(image), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Apply_ValueThatIsNotFinite_StaysNotFinite(float value)
    {
        float[] image = Drawing(4, 3, 1);
        image[50] = value;
        Assert.Contains(Normalized(image), result => !float.IsFinite(result));
    }

    [Fact]
    public void Apply_ColoursInPlanesOrInterleaved_SameResult()
    {
        float[] grey = Drawing(4, 3, 1), zeros = new float[grey.Length];
        float[] planes = [.. grey, .. zeros, .. grey.Select(value => value / 2)], interleaved = new float[planes.Length];
        for (int i = 0; i < planes.Length; i++)
            interleaved[i % grey.Length * 3 + i / grey.Length] = planes[i];
        new DrawingNormalization(3, Side, Side, false, 0.2).Apply(planes);
        new DrawingNormalization(3, Side, Side, true, 0.2).Apply(interleaved);
        Assert.Equal(planes, Enumerable.Range(0, planes.Length).Select(i => interleaved[i % grey.Length * 3 + i / grey.Length]));
        AssertEqual(Normalized(grey), planes[..grey.Length], 1e-4);
        Assert.All(planes[grey.Length..(2 * grey.Length)], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Fits_DrawingsOrNoise_TellsThemApart()
    {
        FeatureStore drawings = FeatureStore.Dense(Side * Side), noise = FeatureStore.Dense(Side * Side);
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
        {
            float[] drawing = Drawing(i % 8, i % 12, 1 + i % 2);
            drawings.Add(new FeatureRow(i % 2 == 0 ? drawing : Array.ConvertAll(drawing, value => 255 - 255 * value)));
            noise.Add(new FeatureRow([.. drawing.Select(_ => (float)random.NextDouble())]));
        }

        Assert.True(DrawingNormalization.Fits(drawings));
        Assert.False(DrawingNormalization.Fits(noise));
    }

    // Three strokes: ⊏ with a short lower line; eight units wide and six high.
    private static float[] Drawing(int left, int top, int scale)
    {
        var image = new float[Side * Side];
        void Fill(int x, int y, int width, int height)
        {
            for (int v = y * scale; v < (y + height) * scale; v++)
                image.AsSpan((top + v) * Side + left + x * scale, width * scale).Fill(1);
        }

        Fill(0, 0, 8, 1);
        Fill(0, 0, 2, 6);
        Fill(0, 5, 5, 1);
        return image;
    }

    private static float[] Normalized(float[] drawing)
    {
        float[] image = [.. drawing];
        s_square.Apply(image);
        return image;
    }

    private static void AssertEqual(float[] expected, float[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
