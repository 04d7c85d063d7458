namespace NewTasksInAService;

/// <summary>A customer of a shop, as in the requests to the service. Support rows have labels.</summary>
internal sealed class Row
{
    public string Shop { get; set; } = "";

    public float Age { get; set; }

    public float Visits { get; set; }

    public float Basket { get; set; }

    public bool Returns { get; set; }

    /// <summary>Generates customers. The same two effects occur in all shops, but their sizes differ between shops.</summary>
    public static Row[] Of(int shop, int count, int seed)
    {
        double taste = new Random(shop).NextDouble();
        var random = new Random(1000 * seed + shop);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var row = new Row { Shop = $"shop {shop}", Age = random.Next(18, 80), Visits = random.Next(1, 20), Basket = random.Next(5, 100) };
            row.Returns = taste * (50 - row.Age) / 30 + (1 - taste) * (row.Visits * row.Basket - 500) / 500 > 0;
            return row;
        })];
    }
}
