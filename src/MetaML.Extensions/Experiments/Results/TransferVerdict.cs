namespace MetaML;

/// <summary>Whether learning across tasks is better than learning each task from scratch, by the 95 % interval of the gain over the held-out tasks.</summary>
public enum TransferVerdict
{
    /// <summary>No comparison is possible: all successful strategies learn across tasks, or none does.</summary>
    NotCompared,

    /// <summary>Learning across tasks is better: the interval is above zero.</summary>
    Helps,

    /// <summary>It cannot be told: the interval contains zero, or there is only one task.</summary>
    Uncertain,

    /// <summary>Learning across tasks is worse: the interval is below zero (negative transfer).</summary>
    Harms,
}
