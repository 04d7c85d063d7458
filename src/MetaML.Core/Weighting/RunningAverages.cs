using MetaML.Files;

namespace MetaML.Weighting;

/// <summary>Running averages of a number of each task, such as its loss, over the steps in which it was drawn. They smooth the noise of single episodes.</summary>
/// <param name="tasks">Number of training tasks.</param>
internal sealed class RunningAverages(int tasks) : IResumable
{
    private const double Memory = 0.9;

    private readonly double[] _averages = new double[tasks];
    private readonly bool[] _isKnown = new bool[tasks];

    /// <summary>The average so far; 0 for a task that was never drawn.</summary>
    public double this[int task] => _averages[task];

    /// <summary>Adds a value.</summary>
    /// <returns>The average before this value; null if it is the first of the task.</returns>
    public double? Add(int task, double value)
    {
        double? previous = _isKnown[task] ? _averages[task] : null;
        _averages[task] = previous is { } average ? Memory * average + (1 - Memory) * value : value;
        _isKnown[task] = true;
        return previous;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(_averages.AsSpan());
        for (int task = 0; task < _isKnown.Length; task++)
            state.Exchange(ref _isKnown[task]);
    }
}
