using MetaML.Files;

namespace MetaML.Weighting;

/// <summary>Weights that never change.</summary>
internal sealed class FixedWeighting : ITaskWeighting
{
    public FixedWeighting(IEnumerable<double> weights) => Weights = Normalize([.. weights]);

    public IReadOnlyList<double> Weights { get; }

    public void Observe(IReadOnlyList<int> tasks, IReadOnlyList<double> losses, Random random)
    {
    }

    public void Exchange(StateExchange state)
    {
    }

    /// <summary>Scales weights to mean 1.</summary>
    public static double[] Normalize(double[] weights)
    {
        double mean = weights.Average();
        return Array.ConvertAll(weights, weight => weight / mean);
    }
}
