namespace MetaML.Extensions.Orleans.Tests.Clusters;

/// <summary>A customer of a shop.</summary>
public sealed class Visit
{
    public string Shop { get; set; } = "";

    public float Age { get; set; }

    public float Basket { get; set; }

    public float Spends { get; set; }

    /// <summary>Customers of a shop. Each shop has its own effects.</summary>
    public static Visit[] Of(int shop, int count, int seed = 1)
    {
        var effects = new Random(shop);
        double age = effects.NextDouble() - 0.5, basket = effects.NextDouble() - 0.5, level = 5 * effects.NextDouble();
        var random = new Random(1000 * seed + shop);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var visit = new Visit { Shop = $"shop {shop}", Age = random.Next(18, 80), Basket = random.Next(5, 100) };
            visit.Spends = (float)(level + age * visit.Age + basket * visit.Basket + random.NextDouble());
            return visit;
        })];
    }
}
