using MetaML.Options;

namespace MetaML;

/// <summary>How support and query rows are drawn from the training tasks.</summary>
/// <remarks>
/// By default supports are drawn as new tasks have them: of any size, most of them without regard to classes, some of them empty.
/// Rare classes then appear at their rate. A setting of <see cref="Ways"/>, <see cref="Shots"/> or <see cref="SupportRows"/> fixes
/// the form of the support, and every support then has a row of each class.
/// </remarks>
public sealed record EpisodeOptions
{
    /// <summary>Draw each task as this many classes of a pool, numbered anew (few-shot classification).</summary>
    /// <value>At least 2, or null (default) to use the tasks as the Task column gives them. Multiclass only.</value>
    public int? Ways { get; set; }

    /// <summary>Support rows of each class (regression: of each task), as many as a new task will have.</summary>
    /// <value>At least 1, or null (default): with <see cref="Ways"/> 5; else <see cref="SupportRows"/> decides.</value>
    public int? Shots { get; set; }

    /// <summary>Support rows of each task, the classes in their natural proportions.</summary>
    /// <value>At least 1, or null (default): a number drawn anew for every step, from very few to 64 or half the task.</value>
    public int? SupportRows { get; set; }

    /// <summary>Share of the episodes with a stratified support: each class in its natural proportion, and at least one row of each. Other supports are drawn without regard to classes.</summary>
    /// <value>
    /// From 0 to 1, or null (default): 1 if <see cref="Shots"/> or <see cref="SupportRows"/> is set, or if each task has classes of its own;
    /// else 0.5, of the supports that are large enough to hold a row of each class in its natural proportion.
    /// </value>
    /// <remarks>A higher share fits new tasks whose rows are chosen so that each class is present. Probabilities of rare classes are then too low or too high.</remarks>
    public double? StratifiedShare { get; set; }

    /// <summary>Share of the episodes with an empty support, from which the model for unknown tasks is learned.</summary>
    /// <value>From 0 to 0.5, or null (default): 0.1 for binary labels and classes; 0 for values, if <see cref="Shots"/> or <see cref="SupportRows"/> is set, or if each task has classes of its own.</value>
    public double? EmptyShare { get; set; }

    /// <summary>Query rows of each task; with <see cref="Ways"/>, of each class. Fewer where a task has no more.</summary>
    /// <value>At least 1, or null (default): 64; up to 256 if a class is rare, so that about ten of the rows are of that class; with <see cref="Ways"/> 15.</value>
    public int? Queries { get; set; }

    /// <summary>Number of tasks in each outer step (the meta-batch).</summary>
    /// <value>At least 1; default 16.</value>
    public int TasksPerIteration { get; set; } = 16;

    /// <summary>Whether the form of the support is left open.</summary>
    internal bool IsSupportOpen => (Ways ?? Shots ?? SupportRows) is null;

    internal void Validate(LabelKind kind)
    {
        OptionCheck.AtLeast(this, nameof(Ways), Ways, 2);
        OptionCheck.AtLeast(this, nameof(Shots), Shots, 1);
        OptionCheck.AtLeast(this, nameof(SupportRows), SupportRows, 1);
        OptionCheck.InRange(this, nameof(StratifiedShare), StratifiedShare ?? 0, 0, 1);
        OptionCheck.InRange(this, nameof(EmptyShare), EmptyShare ?? 0, 0, 0.5);
        OptionCheck.AtLeast(this, nameof(Queries), Queries, 1);
        OptionCheck.AtLeast(this, nameof(TasksPerIteration), TasksPerIteration, 1);
        if (Ways is not null && kind != LabelKind.Multiclass)
            throw OptionCheck.Error(this, nameof(Ways), "null unless labels are multiclass", Ways, "Only classes can be drawn from a pool.", "Leave it unset, or use the multiclass trainer.");
        if (SupportRows is not null && (Shots ?? Ways) is not null)
            throw OptionCheck.Error(this, nameof(SupportRows), "null where Shots or Ways is set", SupportRows, "Both would set the size of the support.", "Set one of them.");
        if (Ways is not null && (StratifiedShare ?? EmptyShare) is { } share)
            throw OptionCheck.Error(this, StratifiedShare is null ? nameof(EmptyShare) : nameof(StratifiedShare), "null where Ways is set", share, "An episode of Ways classes has Shots support rows of each class.", "Leave it unset.");
        if (Shots is not null && StratifiedShare is < 1)
            throw OptionCheck.Error(this, nameof(StratifiedShare), "null or 1 where Shots is set", StratifiedShare, "A support with Shots rows of each class is stratified.", "Leave it unset, or set SupportRows in place of Shots.");
    }
}
