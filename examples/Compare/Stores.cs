namespace Compare;

/// <summary>Generates the demand of small stores.</summary>
/// <remarks>
/// log expected demand = level + a · week(day) + b · weather(temperature) − e · log price + p · promotion + h · holiday. The
/// functions week and weather are the same for all stores. The level and the coefficients differ between stores. The variance
/// of the demand is equal to its mean, as for counts.
/// </remarks>
internal static class Stores
{
    private static readonly double[] s_office = [0.2, 0.25, 0.25, 0.2, 0.1, -0.5, -0.9], s_leisure = [-0.3, -0.3, -0.2, 0, 0.3, 0.6, 0.2];

    /// <summary>Generates stores.</summary>
    /// <param name="count">Number of stores.</param>
    /// <param name="days">Number of days of each store.</param>
    public static IEnumerable<Day> Generate(int count, int days)
    {
        for (int store = 0; store < count; store++)
        {
            var random = new Random(1000 + store);
            double level = Math.Log(40) + 0.4 * Normal(random), office = random.NextDouble(), leisure = 1 - office;
            double warmth = 0.4 * Normal(random), elasticity = 1.5 + 0.5 * Normal(random), lift = 0.4 + 0.15 * Normal(random), holiday = 0.5 * (leisure - office);
            for (int day = 0; day < days; day++)
            {
                double season = 2 * Math.PI * random.NextDouble(), temperature = 12 + 10 * Math.Sin(season) + 3 * Normal(random);
                var row = new Day
                {
                    Store = $"store {store}",
                    Weekday = day % 7,
                    Temperature = (float)temperature,
                    Price = (float)(1 + 0.1 * Normal(random)),
                    Promotion = random.NextDouble() < 0.2 ? 1 : 0,
                    Holiday = random.NextDouble() < 0.05 ? 1 : 0,
                };
                double expected = Math.Exp(
                    level + office * s_office[day % 7] + leisure * s_leisure[day % 7] + warmth * Math.Tanh((temperature - 15) / 6)
                    - elasticity * Math.Log(row.Price) + lift * row.Promotion + holiday * row.Holiday);
                row.Demand = (float)Math.Max(0, Math.Round(expected + Math.Sqrt(expected) * Normal(random)));
                yield return row;
            }
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
