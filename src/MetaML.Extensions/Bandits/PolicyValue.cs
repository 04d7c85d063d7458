namespace MetaML;

/// <summary>The mean reward that a policy would have had in place of the logged decisions, as two estimates from their log.</summary>
public sealed record PolicyValue
{
    /// <summary>The mean reward of the logged decisions.</summary>
    public required MeanInterval Logged { get; init; }

    /// <summary>The estimate by inverse propensity: the mean of π(A)/p(A) · reward. It needs no model.</summary>
    public required MeanInterval InversePropensity { get; init; }

    /// <summary>The doubly robust estimate: the mean of Σₐ π(a) q(a) + π(A)/p(A) · (reward − q(A)), where q is <see cref="BanditAction.ExpectedReward"/>. Its interval is the narrower, the better q is.</summary>
    public required MeanInterval DoublyRobust { get; init; }

    /// <summary>The mean probability with which the policy chooses actions that could not have been logged. The log says nothing of them: inverse propensity counts them as 0, and the doubly robust estimate relies on the expected reward.</summary>
    public required double UnsupportedShare { get; init; }

    /// <summary>The number of decisions of the policy itself that would say as much: (Σ w)² / Σ w², w = π(A)/p(A).</summary>
    public required double EffectiveCount { get; init; }
}
