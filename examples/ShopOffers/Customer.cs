/// <summary>An artificial customer: each kind of offer makes some profit on average. Customers who like one kind of offer tend to like certain others.</summary>
internal sealed class Customer
{
    private static readonly double[] s_mean = [1.0, 0.8, 1.2, 0.9, 0.7, 1.1];
    private static readonly double[][] s_tastes = [[1, 0.8, -0.6, 0, 0, -0.4], [0, -0.3, 0.5, 1, 0.7, -0.5]];

    private readonly Random _random;

    public Customer(int number)
    {
        Name = $"customer {number}";
        _random = new Random(number);
        double[] taste = [Normal(), Normal()];
        Profits = [.. s_mean.Select((mean, offer) => mean + s_tastes[0][offer] * taste[0] + s_tastes[1][offer] * taste[1] + 0.2 * Normal())];
    }

    public string Name { get; }

    /// <summary>The mean profit of each offer.</summary>
    public double[] Profits { get; }

    /// <summary>The profit when an offer is shown.</summary>
    public float Show(int offer) => (float)(Profits[offer] + Normal());

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
