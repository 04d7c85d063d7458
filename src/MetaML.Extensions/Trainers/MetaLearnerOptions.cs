using MetaML.Extensions.Data;
using MetaML.Options;

namespace MetaML;

/// <summary>Options of the meta-learning trainers: which columns to read, and all that governs learning across tasks.</summary>
/// <remarks>The Task column is "Task" unless set. It is null only where <see cref="EpisodeOptions.Ways"/> is set: all rows are then one pool of classes.</remarks>
public sealed record MetaLearnerOptions : TaskLearnerOptions
{
    /// <summary>The defaults.</summary>
    public MetaLearnerOptions() => TaskColumnName = "Task";

    /// <summary>Options for a quick answer: a look at whether learning across tasks pays, or a model that is learned anew every hour.</summary>
    /// <returns>New options, to be changed at will: at most 200 outer steps of 8 tasks at twice the learning rate, and an end after three validations without improvement, one every 20 steps. All else is as by default.</returns>
    public static MetaLearnerOptions ForSpeed() => new()
    {
        MaximumNumberOfIterations = 200,
        LearningRate = 0.01,
        Episodes = new EpisodeOptions { TasksPerIteration = 8 },
        EarlyStopping = new EarlyStoppingOptions { EvaluationInterval = 20, Patience = 3 },
    };

    /// <summary>Options for the last bit of quality: a model that is learned once and used for long.</summary>
    /// <returns>New options, to be changed at will: at most 4,000 outer steps of 32 tasks, and an end after twenty validations without improvement, one every 50 steps. All else is as by default.</returns>
    public static MetaLearnerOptions ForQuality() => new()
    {
        MaximumNumberOfIterations = 4000,
        Episodes = new EpisodeOptions { TasksPerIteration = 32 },
        EarlyStopping = new EarlyStoppingOptions { EvaluationInterval = 50, Patience = 20 },
    };

    /// <summary>The label: Boolean, or Single of 0, 1 and NaN (binary), key (multiclass) or Single (regression).</summary>
    /// <value>Default "Label".</value>
    public string LabelColumnName { get; set; } = "Label";

    internal ColumnNames Columns => ColumnsFor(LabelColumnName);

    /// <summary>Checks that no output column hides the label, task or weight column.</summary>
    /// <exception cref="ArgumentException">An output has the name of such a column.</exception>
    internal void CheckNotHidden(LabelKind kind) => Columns.CheckNotHidden(OutputNames(kind));

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        CheckName(nameof(LabelColumnName), LabelColumnName);
        if (TaskColumnName is null && Episodes.Ways is null)
            throw OptionCheck.Error(this, nameof(TaskColumnName), "set unless Episodes.Ways is", null, "Without it there are no tasks.", "Name the column that tells tasks apart.");
    }
}
