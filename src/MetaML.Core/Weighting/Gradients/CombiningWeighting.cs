using MetaML.Files;

namespace MetaML.Weighting.Gradients;

/// <summary>A weighting whose combination depends only on the gradients of the step. Its state holds only the reported weights.</summary>
/// <param name="tasks">Number of training tasks.</param>
internal abstract class CombiningWeighting(int tasks) : IGradientWeighting
{
    private readonly double[] _last = [.. Enumerable.Repeat(1.0, tasks)];
    private double[] _weights = [.. Enumerable.Repeat(1.0, tasks)];

    public IReadOnlyList<double> Weights => _weights;

    public virtual void Observe(IReadOnlyList<int> tasks, IReadOnlyList<double> losses, Random random)
    {
    }

    public void Exchange(StateExchange state)
    {
        state.Exchange(_last.AsSpan());
        state.Exchange(_weights.AsSpan());
    }

    public double[] Combine(IReadOnlyList<int> tasks, double[,] products, Random random)
    {
        double[] combination = Combine(products, random);
        double mean = combination.Average();
        for (int i = 0; i < tasks.Count; i++)
            _last[tasks[i]] = combination[i] / mean; // only the relative size of the combination is a weight
        _weights = FixedWeighting.Normalize(_last);
        return combination;
    }

    /// <summary>Computes c of the drawn tasks: not negative, at least one positive.</summary>
    /// <param name="products">gᵢ · gⱼ, [n, n].</param>
    /// <param name="random">The only source of randomness.</param>
    protected abstract double[] Combine(double[,] products, Random random);
}
