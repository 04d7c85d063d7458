namespace MetaML.Numerics;

/// <summary>Normal random numbers.</summary>
internal static class NormalRandom
{
    /// <summary>A draw of mean 0 and standard deviation 1, by Box and Muller's transform.</summary>
    public static double Next(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()); // 1 − u is above zero
}
