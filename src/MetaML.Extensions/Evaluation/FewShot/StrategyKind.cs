namespace MetaML;

/// <summary>The kinds of strategies by the rows that they learn from, from the simplest to the most complex.</summary>
public enum StrategyKind
{
    /// <summary>Learns only from the support of each task.</summary>
    FromScratch,

    /// <summary>Learns from all rows of all tasks as if they were one task.</summary>
    Pooled,

    /// <summary>Learns from all tasks together, but does not learn how to adapt.</summary>
    Joint,

    /// <summary>Learns from all tasks together how to adapt to a few rows of a new task.</summary>
    MetaLearned,

    /// <summary>Combines the predictions of several strategies.</summary>
    Combined,
}
