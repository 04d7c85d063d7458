using MetaML.Extensions.Data;
using MetaML.Tasks;
using MetaML.Training;

namespace MetaML.Extensions;

/// <summary>Options of the meta-learning trainers: which columns to read, and all that governs learning across tasks.</summary>
public sealed record MetaLearnerOptions : MetaTrainingOptions
{
    /// <summary>The label: Boolean (binary), key (multiclass) or Single (regression).</summary>
    /// <value>Default "Label".</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The features: a known-size vector of Single.</summary>
    /// <value>Default "Features".</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>Which task a row belongs to: text or key.</summary>
    /// <value>Default "Task". Null only where <see cref="EpisodeOptions.Ways"/> is set: all rows are then one pool of classes.</value>
    public string? TaskColumnName { get; set; } = "Task";

    /// <summary>How much a row counts: Single.</summary>
    /// <value>Null (default) where all rows count alike.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>What is given for rows of an unknown task.</summary>
    /// <value>Null (default): <see cref="UnknownTaskHandling.MetaPrior"/> where all tasks' labels mean the same, else <see cref="UnknownTaskHandling.Throw"/>.</value>
    public UnknownTaskHandling? UnknownTasks { get; set; }

    internal ColumnNames Columns => new(LabelColumnName, FeatureColumnName, TaskColumnName, ExampleWeightColumnName);

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        CheckName(nameof(LabelColumnName), LabelColumnName);
        CheckName(nameof(FeatureColumnName), FeatureColumnName);
        if (TaskColumnName is null && Episodes.Ways is null)
            throw OptionCheck.Error(this, nameof(TaskColumnName), "set unless Episodes.Ways is", null, "Without it there are no tasks.", "Name the column that tells tasks apart.");
        CheckName(nameof(TaskColumnName), TaskColumnName ?? "Task");
        CheckName(nameof(ExampleWeightColumnName), ExampleWeightColumnName ?? "Weight");
        if (UnknownTasks is { } handling)
            OptionCheck.Defined(this, nameof(UnknownTasks), handling);
    }

    private void CheckName(string member, string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw OptionCheck.Error(this, member, "the name of a column", name);
    }
}
