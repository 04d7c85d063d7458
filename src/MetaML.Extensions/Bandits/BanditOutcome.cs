namespace MetaML;

/// <summary>A logged decision and its reward.</summary>
/// <param name="Entry">The decision.</param>
/// <param name="Reward">The reward of the chosen action.</param>
public sealed record BanditOutcome(BanditEntry Entry, float Reward);
