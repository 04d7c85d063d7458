namespace MetaML;

/// <summary>The reason for the end of an experiment.</summary>
public enum ExperimentEnd
{
    /// <summary>All strategies were tried.</summary>
    Completed,

    /// <summary>The time limit was reached.</summary>
    TimeReached,

    /// <summary>The largest number of models was reached.</summary>
    ModelsReached,

    /// <summary>The token was cancelled.</summary>
    Cancelled,
}
