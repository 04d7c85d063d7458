using Xunit;

namespace MetaML.TestKit;

/// <summary>Scores that are equal up to rounding.</summary>
public static class CloseScores
{
    private const double Tolerance = 1e-5; // relative to the largest score, and at least to 1

    public static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = Tolerance * Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
