namespace MetaML.Weighting;

/// <summary>Something of each task, a loss say, averaged over the steps in which it was drawn: single episodes are noisy.</summary>
/// <param name="tasks">Number of training tasks.</param>
internal sealed class RunningAverages(int tasks)
{
    private const double Memory = 0.9;

    private readonly double?[] _averages = new double?[tasks];

    /// <summary>The average so far; 0 for a task that was never drawn.</summary>
    public double this[int task] => _averages[task] ?? 0;

    /// <summary>Adds a value.</summary>
    /// <returns>The average before; null where this is the task's first.</returns>
    public double? Add(int task, double value)
    {
        double? before = _averages[task];
        _averages[task] = before is { } average ? Memory * average + (1 - Memory) * value : value;
        return before;
    }
}
