namespace MetaML;

/// <summary>Whether learning across tasks is better than learning each task from scratch.</summary>
public enum TransferVerdict
{
    /// <summary>No comparison is possible: all successful strategies learn across tasks, or none does.</summary>
    NotCompared,

    /// <summary>Learning across tasks is better, and the 95 % interval of the gain is above zero.</summary>
    Helps,

    /// <summary>Learning across tasks is better on average, but the 95 % interval of the gain is not above zero.</summary>
    Uncertain,

    /// <summary>Learning across tasks is not better on average: negative transfer.</summary>
    DoesNotHelp,
}
