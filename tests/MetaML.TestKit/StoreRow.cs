using MetaML.Numerics;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>A row of a store, with what is known of the store: its sales depend on the price and on the size of the store.</summary>
public sealed class StoreRow
{
    public string Store { get; set; } = "";

    public float Price { get; set; }

    public float Size { get; set; }

    public float Sales { get; set; }

    public bool IsHigh { get; set; }

    /// <summary>Rows of stores of different sizes. Sales = 3 + 2 · size − (1 + size) · price + deviations of the store + noise.</summary>
    internal static StoreRow[] Rows(int stores = 30, int rows = 12, int first = 0, int seed = 4)
    {
        var random = new Random(seed + first);
        return [.. Enumerable.Range(first, stores).SelectMany(store =>
        {
            float size = (float)NormalRandom.Next(random);
            double intercept = 3 + 2 * size + 0.4 * NormalRandom.Next(random), slope = -1 - size + 0.2 * NormalRandom.Next(random);
            return Enumerable.Range(0, rows).Select(_ =>
            {
                float price = 2 + (float)NormalRandom.Next(random), sales = (float)(intercept + slope * price + 0.3 * NormalRandom.Next(random));
                return new StoreRow { Store = $"store {store}", Price = price, Size = size, Sales = sales, IsHigh = sales > 1 };
            }).ToArray();
        })];
    }

    [NoColumn]
    internal double ExpectedSales => 3 + 2 * Size - (1 + Size) * Price;
}
