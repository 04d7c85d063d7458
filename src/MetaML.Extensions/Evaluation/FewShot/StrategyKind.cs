namespace MetaML;

/// <summary>What a strategy learns from, from the simplest to the most demanding.</summary>
public enum StrategyKind
{
    /// <summary>Each task's support alone.</summary>
    FromScratch,

    /// <summary>All rows of all tasks as if they were one.</summary>
    Pooled,

    /// <summary>All tasks together, without learning how to adapt.</summary>
    Joint,

    /// <summary>All tasks together, so that few rows of a new one suffice.</summary>
    MetaLearned,
}
