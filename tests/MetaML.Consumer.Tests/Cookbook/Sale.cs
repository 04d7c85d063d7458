namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>What the recipes learn from: one day of one store.</summary>
public sealed class Sale
{
    public string Store { get; set; } = "";

    public float Weekday { get; set; }

    public float Temperature { get; set; }

    public float Price { get; set; }

    public float Demand { get; set; }

    /// <summary>0, 1, or NaN where nobody noted it.</summary>
    public float SoldOut { get; set; } = float.NaN;

    /// <summary>What the day was like, in words that each store has chosen for itself.</summary>
    public string Mood { get; set; } = "";

    /// <summary>How much the day should count.</summary>
    public float Trust { get; set; } = 1;

    /// <summary>Some days of some stores: all share what moves demand; how much it does is each store's own.</summary>
    public static Sale[] Of(int stores, int days, int first = 0, int seed = 1)
    {
        var sales = new List<Sale>();
        for (int store = first; store < first + stores; store++)
        {
            var own = new Random(store);
            double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double level = 50 + 10 * Normal(own), week = 2 + Normal(own), warmth = 1 + 0.5 * Normal(own), elasticity = 20 + 5 * Normal(own);
            var random = new Random(1000 * seed + store);
            for (int day = 0; day < days; day++)
            {
                var sale = new Sale { Store = $"store {store}", Weekday = day % 7, Temperature = random.Next(0, 30), Price = 0.8f + 0.4f * random.NextSingle() };
                sale.Demand = (float)(level + week * sale.Weekday + warmth * (sale.Temperature - 15) - elasticity * (sale.Price - 1) + 2 * Normal(random));
                sale.SoldOut = sale.Demand > level + 10 ? 1 : 0;
                sale.Mood = $"{(sale.Demand > level + 5 ? "busy" : "quiet")} in store {store}";
                sales.Add(sale);
            }
        }

        return [.. sales];
    }
}
