namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>A row of the recipes' data: one day of one store.</summary>
public sealed class Sale
{
    public string Store { get; set; } = "";

    public float Weekday { get; set; }

    public float Temperature { get; set; }

    public float Price { get; set; }

    public float Demand { get; set; }

    /// <summary>0 or 1; NaN if it is unknown.</summary>
    public float SoldOut { get; set; } = float.NaN;

    /// <summary>The size of the store: the same on all its days.</summary>
    public float Size { get; set; }

    /// <summary>The region of the store.</summary>
    public string Region { get; set; } = "";

    /// <summary>The customers of the day, in hundreds.</summary>
    public float Customers { get; set; }

    /// <summary>How many customers complained.</summary>
    public float Complaints { get; set; }

    /// <summary>A description of the day. Each store uses its own words.</summary>
    public string Mood { get; set; } = "";

    /// <summary>The example weight of the day.</summary>
    public float Trust { get; set; } = 1;

    /// <summary>Generates days of stores. The same effects on demand occur in all stores, but their sizes differ between stores.</summary>
    public static Sale[] Of(int stores, int days, int first = 0, int seed = 1)
    {
        var sales = new List<Sale>();
        for (int store = first; store < first + stores; store++)
        {
            var storeRandom = new Random(store);
            double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double level = 50 + 10 * Normal(storeRandom), week = 2 + Normal(storeRandom), warmth = 1 + 0.5 * Normal(storeRandom), elasticity = 20 + 5 * Normal(storeRandom);
            Random random = new(1000 * seed + store), other = new(1000 * seed + store + 500);
            double rate = Math.Exp(0.5 * Normal(other));
            float size = (float)(level / 10);
            for (int day = 0; day < days; day++)
            {
                var sale = new Sale { Store = $"store {store}", Size = size, Region = $"region {store % 6}", Weekday = day % 7, Temperature = random.Next(0, 30), Price = 0.8f + 0.4f * random.NextSingle() };
                sale.Demand = (float)(level + week * sale.Weekday + warmth * (sale.Temperature - 15) - elasticity * (sale.Price - 1) + 2 * Normal(random));
                sale.SoldOut = sale.Demand > level + 10 ? 1 : 0;
                sale.Mood = $"{(sale.Demand > level + 5 ? "busy" : "quiet")} in store {store}";
                sale.Customers = 1 + other.Next(5);
                for (double left = sale.Customers * rate; (left += Math.Log(1 - other.NextDouble())) > 0;)
                    sale.Complaints++;
                sales.Add(sale);
            }
        }

        return [.. sales];
    }
}
