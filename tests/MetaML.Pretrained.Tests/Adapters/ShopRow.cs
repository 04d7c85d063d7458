using MetaML.Numerics;
using Microsoft.ML.Data;

namespace MetaML.Pretrained.Tests.Adapters;

/// <summary>A made-up customer of a shop. Shops differ in the level of their sales. The effect of the first feature is a common parabola.</summary>
internal sealed class ShopRow
{
    public string Task { get; set; } = "";

    [VectorType(3)]
    public float[] Features { get; set; } = [];

    public bool Answer { get; set; }

    public string Class { get; set; } = "";

    public float Value { get; set; }

    /// <summary>Rows of some shops.</summary>
    /// <param name="first">The number of the first shop.</param>
    /// <param name="shops">The number of shops.</param>
    /// <param name="rows">The number of rows of each shop.</param>
    /// <param name="seed">The seed of the rows; shops depend on their numbers alone.</param>
    public static ShopRow[] Draw(int first, int shops, int rows, int seed = 1) => [.. Enumerable.Range(first, shops).SelectMany(shop =>
    {
        double level = NormalRandom.Next(new Random(shop));
        var random = new Random(1000 * seed + shop);
        return Enumerable.Range(0, rows).Select(_ =>
        {
            float x = (float)NormalRandom.Next(random), other = (float)NormalRandom.Next(random);
            double value = 1.5 * (x * x - 1) + 0.5 * other + level + 0.2 * NormalRandom.Next(random);
            return new ShopRow
            {
                Task = $"shop{shop}",
                Features = [40 + 10 * x, other, (float)NormalRandom.Next(random)],
                Answer = value > level,
                Class = value < level - 0.8 ? "low" : value < level + 0.8 ? "middle" : "high",
                Value = (float)(1000 + 100 * value),
            };
        });
    })];
}
