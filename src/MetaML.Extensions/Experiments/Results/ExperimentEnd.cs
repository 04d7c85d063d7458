namespace MetaML;

/// <summary>The reason for the end of an experiment.</summary>
public enum ExperimentEnd
{
    /// <summary>All strategies were tried, and the leading ones were judged on every fold of tasks: more time would change nothing.</summary>
    Completed,

    /// <summary>The time limit was reached.</summary>
    TimeReached,

    /// <summary>The largest number of models was reached.</summary>
    ModelsReached,

    /// <summary>The token was cancelled.</summary>
    Cancelled,
}
