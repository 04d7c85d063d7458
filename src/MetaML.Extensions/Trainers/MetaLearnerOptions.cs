using MetaML.Extensions.Data;
using MetaML.Tasks;

namespace MetaML.Extensions;

/// <summary>Options of the meta-learning trainers: which columns to read, and all that governs learning across tasks.</summary>
/// <remarks>The Task column is "Task" unless set. It is null only where <see cref="EpisodeOptions.Ways"/> is set: all rows are then one pool of classes.</remarks>
public sealed record MetaLearnerOptions : TaskLearnerOptions
{
    /// <summary>The defaults.</summary>
    public MetaLearnerOptions() => TaskColumnName = "Task";

    /// <summary>The label: Boolean (binary), key (multiclass) or Single (regression).</summary>
    /// <value>Default "Label".</value>
    public string LabelColumnName { get; set; } = "Label";

    internal ColumnNames Columns => ColumnsFor(LabelColumnName);

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        CheckName(nameof(LabelColumnName), LabelColumnName);
        if (TaskColumnName is null && Episodes.Ways is null)
            throw OptionCheck.Error(this, nameof(TaskColumnName), "set unless Episodes.Ways is", null, "Without it there are no tasks.", "Name the column that tells tasks apart.");
    }
}
