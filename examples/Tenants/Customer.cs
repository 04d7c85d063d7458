namespace Tenants;

/// <summary>A customer of a shop, as in the requests to the service. Only rows that are learned need what the customer spends.</summary>
internal sealed class Customer
{
    public string Shop { get; set; } = "";

    public float Age { get; set; }

    public float Visits { get; set; }

    public float Basket { get; set; }

    public float Spends { get; set; }

    /// <summary>Generates customers. The same three effects occur in all shops, but their sizes differ between shops.</summary>
    /// <param name="shop">The number of the shop.</param>
    /// <param name="count">The number of customers.</param>
    /// <param name="seed">Another seed gives other customers.</param>
    public static Customer[] Of(int shop, int count, int seed)
    {
        var tastes = new Random(shop);
        double age = 10 * Normal(tastes), visits = 10 * Normal(tastes), basket = 10 * Normal(tastes);
        var random = new Random(1000 * seed + shop);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var customer = new Customer { Shop = $"shop {shop}", Age = random.Next(18, 80), Visits = random.Next(1, 20), Basket = random.Next(5, 100) };
            customer.Spends = (float)(60 + age * (customer.Age - 50) / 20 + visits * (customer.Visits - 10) / 6 + basket * (customer.Basket - 50) / 30 + 3 * Normal(random));
            return customer;
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
