namespace MetaML;

/// <summary>Whether learning across tasks helps, against learning each task from scratch.</summary>
public enum TransferVerdict
{
    /// <summary>There was nothing to compare with: all strategies learn across tasks, or none does.</summary>
    NotCompared,

    /// <summary>It is better, and the 95 % interval of the gain lies above zero.</summary>
    Helps,

    /// <summary>It is better on average, but by less than the tasks differ.</summary>
    Uncertain,

    /// <summary>It is no better on average: negative transfer.</summary>
    DoesNotHelp,
}
