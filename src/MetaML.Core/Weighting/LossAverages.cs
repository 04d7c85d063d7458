namespace MetaML.Weighting;

/// <summary>Each task's loss, averaged over the steps in which it was drawn: single episodes are noisy.</summary>
/// <param name="tasks">Number of training tasks.</param>
internal sealed class LossAverages(int tasks)
{
    private const double Memory = 0.9;

    private readonly double?[] _averages = new double?[tasks];

    /// <summary>The average so far; 0 for a task that was never drawn.</summary>
    public double this[int task] => _averages[task] ?? 0;

    /// <summary>Adds a loss.</summary>
    /// <returns>The average before; null where this is the task's first loss.</returns>
    public double? Add(int task, double loss)
    {
        double? before = _averages[task];
        _averages[task] = before is { } average ? Memory * average + (1 - Memory) * loss : loss;
        return before;
    }
}
