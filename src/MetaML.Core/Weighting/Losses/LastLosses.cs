using MetaML.Files;

namespace MetaML.Weighting.Losses;

/// <summary>The logarithm of the last loss of each task, for weightings whose λᵢ is a function of it. Losses below 1e-8 count as 1e-8.</summary>
/// <param name="tasks">Number of training tasks.</param>
internal sealed class LastLosses(int tasks) : IResumable
{
    private const double SmallestLoss = 1e-8;

    private readonly double[] _logarithms = new double[tasks];
    private readonly bool[] _isKnown = new bool[tasks];

    /// <summary>log Lᵢ; 0 for a task that was never drawn.</summary>
    public double this[int task] => _logarithms[task];

    /// <summary>The logarithm of a loss.</summary>
    public static double Log(double loss) => Math.Log(Math.Max(loss, SmallestLoss));

    /// <summary>Replaces the losses of the drawn tasks.</summary>
    public void Observe(IReadOnlyList<int> drawn, IReadOnlyList<double> losses)
    {
        for (int i = 0; i < drawn.Count; i++)
            (_logarithms[drawn[i]], _isKnown[drawn[i]]) = (Log(losses[i]), true);
    }

    /// <summary>Weights with mean 1; 1 for a task that was never drawn.</summary>
    /// <param name="logWeight">log λ of a task, up to a constant.</param>
    public double[] Weights(Func<int, double> logWeight)
    {
        int[] known = [.. Enumerable.Range(0, _isKnown.Length).Where(task => _isKnown[task])];
        double[] logWeights = Array.ConvertAll(known, task => logWeight(task));
        double largest = logWeights.Max(); // prevents overflow
        double[] weights = FixedWeighting.Normalize(Array.ConvertAll(logWeights, value => Math.Exp(value - largest)));
        var all = new double[_isKnown.Length];
        Array.Fill(all, 1);
        for (int i = 0; i < known.Length; i++)
            all[known[i]] = weights[i];
        return all;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(_logarithms.AsSpan());
        for (int task = 0; task < _isKnown.Length; task++)
            state.Exchange(ref _isKnown[task]);
    }
}
