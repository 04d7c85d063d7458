/// <summary>Thompson sampling for each customer alone: nothing is known of a new customer, and the offers have nothing to do with each other.</summary>
internal sealed class Separate(int offers)
{
    private const double Variance = 4; // of the profit of an offer before it was shown; that of a visit is 1

    private readonly Random _random = new(1);
    private readonly Dictionary<string, (int Count, double Sum)[]> _customers = [];

    public int Choose(string customer)
    {
        (int Count, double Sum)[] seen = _customers.TryGetValue(customer, out var known) ? known : _customers[customer] = new (int, double)[offers];
        return Enumerable.Range(0, offers).MaxBy(offer =>
        {
            double precision = 1 / Variance + seen[offer].Count;
            return seen[offer].Sum / precision + Normal() / Math.Sqrt(precision);
        });
    }

    public void Learn(string customer, int offer, double profit)
    {
        var (count, sum) = _customers[customer][offer];
        _customers[customer][offer] = (count + 1, sum + profit);
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
