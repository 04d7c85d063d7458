namespace MetaML;

/// <summary>An action of a decision.</summary>
public sealed record BanditAction
{
    /// <summary>The features of the action, as the chain made them: [features].</summary>
    public required float[] Features { get; init; }

    /// <summary>The reward that was expected of the action before the decision: a value, a probability or a count.</summary>
    public required float ExpectedReward { get; init; }

    /// <summary>The probability with which the action was chosen.</summary>
    public required float Probability { get; init; }
}
