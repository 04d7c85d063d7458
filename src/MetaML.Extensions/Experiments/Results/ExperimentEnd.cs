namespace MetaML;

/// <summary>Why an experiment tried no further strategy.</summary>
public enum ExperimentEnd
{
    /// <summary>Everything was tried.</summary>
    Completed,

    /// <summary>The time was used up.</summary>
    TimeReached,

    /// <summary>The number of models was reached.</summary>
    ModelsReached,

    /// <summary>The token was cancelled.</summary>
    Cancelled,
}
