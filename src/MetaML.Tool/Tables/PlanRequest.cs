namespace MetaML.Tool.Tables;

/// <summary>What the user says about the columns of a training file.</summary>
internal sealed record PlanRequest
{
    /// <summary>The columns that identify the task, separated by commas; null if the user names none.</summary>
    public string? Task { get; init; }

    /// <summary>The label; null if the user names none.</summary>
    public string? Label { get; init; }

    /// <summary>The kind of the label; null for the kind that its values suggest.</summary>
    public LabelKind? Kind { get; init; }

    /// <summary>The value of a binary label whose probability is predicted; null for the likely one.</summary>
    public string? Positive { get; init; }

    public IReadOnlyList<string> Ignored { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Texts { get; init; } = [];

    public IReadOnlyList<string> Missing { get; init; } = [];
}
