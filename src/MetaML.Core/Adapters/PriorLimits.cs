namespace MetaML.Adapters;

/// <summary>Limits of the completion of a prior after the outer loop. A search that reaches a limit returns its best prior so far.</summary>
/// <param name="Iterations">The largest number of steps of each search; at least 1.</param>
/// <param name="IsTimeUp">Whether the completion must end now; it is asked before each step, on the thread that completes.</param>
internal sealed record PriorLimits(int Iterations, Func<bool> IsTimeUp)
{
    /// <summary>No limits.</summary>
    public static readonly PriorLimits None = new(int.MaxValue, () => false);

    /// <summary>The same limits with at most this number of steps.</summary>
    public PriorLimits AtMost(int iterations) => this with { Iterations = Math.Min(iterations, Iterations) };
}
