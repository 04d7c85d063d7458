namespace MetaML;

/// <summary>A decision, for the caller and for the log. It can be written as JSON and read again, and holds all that learning and evaluation need.</summary>
public sealed record BanditEntry
{
    /// <summary>The task for which the decision was made, for example a user.</summary>
    public required string Task { get; init; }

    /// <summary>The task features, in the order of the model; empty if it has none.</summary>
    public float[] TaskFeatures { get; init; } = [];

    /// <summary>The actions, in the given order.</summary>
    public required IReadOnlyList<BanditAction> Actions { get; init; }

    /// <summary>The index of the chosen action.</summary>
    public required int Chosen { get; init; }

    /// <summary>The probability with which the chosen action was chosen.</summary>
    public float Probability => Actions[Chosen].Probability;
}
