using MetaML.Options;

namespace MetaML;

/// <summary>How support and query are drawn from the training tasks.</summary>
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

    /// <summary>Query rows of each task; with <see cref="Ways"/>, of each class. Fewer where a task has no more.</summary>
    /// <value>At least 1, or null (default): 64; with <see cref="Ways"/> 15.</value>
    public int? Queries { get; set; }

    /// <summary>Number of tasks in each outer step (the meta-batch).</summary>
    /// <value>At least 1; default 16.</value>
    public int TasksPerIteration { get; set; } = 16;

    internal void Validate(LabelKind kind)
    {
        OptionCheck.AtLeast(this, nameof(Ways), Ways, 2);
        OptionCheck.AtLeast(this, nameof(Shots), Shots, 1);
        OptionCheck.AtLeast(this, nameof(SupportRows), SupportRows, 1);
        OptionCheck.AtLeast(this, nameof(Queries), Queries, 1);
        OptionCheck.AtLeast(this, nameof(TasksPerIteration), TasksPerIteration, 1);
        if (Ways is not null && kind != LabelKind.Multiclass)
            throw OptionCheck.Error(this, nameof(Ways), "null unless labels are multiclass", Ways, "Only classes can be drawn from a pool.", "Leave it unset, or use the multiclass trainer.");
        if (SupportRows is not null && (Shots ?? Ways) is not null)
            throw OptionCheck.Error(this, nameof(SupportRows), "null where Shots or Ways is set", SupportRows, "Both would set the size of the support.", "Set one of them.");
    }
}
