namespace MetaML.Adapters;

/// <summary>The limits of a training that bind the completion of a prior after the outer loop.</summary>
/// <param name="Iterations">The largest number of steps of a search; at least 1.</param>
/// <param name="IsTimeUp">Whether the completion must end now, with the best prior so far; it is asked on the thread that completes.</param>
internal sealed record PriorLimits(int Iterations, Func<bool> IsTimeUp)
{
    /// <summary>No limits.</summary>
    public static readonly PriorLimits None = new(int.MaxValue, () => false);
}
