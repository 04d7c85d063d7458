namespace MetaML.Pretrained.Adapters;

/// <summary>What the network knows of the learned prior: the score of a task without rows, s₀.</summary>
internal enum PriorUse
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>s₀ is a further feature.</summary>
    Feature,

    /// <summary>The network learns y − s₀, and s₀ is added to its score. For values only.</summary>
    Offset,
}
