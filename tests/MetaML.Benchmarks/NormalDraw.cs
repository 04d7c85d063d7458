namespace MetaML.Benchmarks;

/// <summary>Normally distributed random numbers.</summary>
internal static class NormalDraw
{
    /// <summary>A random number with mean 0 and standard deviation 1, by the Box–Muller transform.</summary>
    public static double Next(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
