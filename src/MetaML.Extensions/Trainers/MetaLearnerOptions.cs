using MetaML.Extensions.Data;
using MetaML.Options;
using Microsoft.ML.SearchSpace;

namespace MetaML;

/// <summary>Options of the meta-learning trainers: the columns, and the options of learning across tasks.</summary>
/// <remarks>
/// AutoML can search over the options: those with an attribute of ML.NET's search spaces are dimensions, and Encoder, Adapter and TaskWeighting can
/// be added as choices of "$type" (Cookbook). The default Task column is "Task". It may be null only if <see cref="EpisodeOptions.Ways"/> is set. All rows are then one pool of classes.
/// </remarks>
public sealed record MetaLearnerOptions : TaskLearnerOptions
{
    /// <summary>Creates options with their defaults.</summary>
    public MetaLearnerOptions() => TaskColumnName = "Task";

    /// <summary>Options for a short training, for example for a first test, or for a model that is trained every hour.</summary>
    /// <returns>New options, which can be changed. They have at most 200 outer steps of 8 tasks, at twice the default learning rate. The model is validated every 20 steps, and training ends after three validations without improvement. All other options have their defaults.</returns>
    public static MetaLearnerOptions ForSpeed() => new()
    {
        MaximumNumberOfIterations = 200,
        LearningRate = 0.01,
        Episodes = new EpisodeOptions { TasksPerIteration = 8 },
        EarlyStopping = new EarlyStoppingOptions { EvaluationInterval = 20, Patience = 3 },
    };

    /// <summary>Options for the best quality, for example for a model that is trained once and used for a long time.</summary>
    /// <returns>New options, which can be changed. They have at most 4,000 outer steps of 32 tasks. The model is validated every 50 steps, and training ends after twenty validations without improvement. All other options have their defaults.</returns>
    public static MetaLearnerOptions ForQuality() => new()
    {
        MaximumNumberOfIterations = 4000,
        Episodes = new EpisodeOptions { TasksPerIteration = 32 },
        EarlyStopping = new EarlyStoppingOptions { EvaluationInterval = 50, Patience = 20 },
    };

    /// <summary>The label column. Its type is Boolean, or Single with the values 0, 1 and NaN (binary); key (multiclass); or Single (regression).</summary>
    /// <value>Default "Label".</value>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>The share of rows of new tasks whose label is to be held by an interval (ScoreLowerBound, ScoreUpperBound) or a set of classes (PredictedSet).</summary>
    /// <value>Null (default) for no intervals and sets; above 0 and below 1, for example 0.9. It needs a Task column, and labels that are values or classes.</value>
    /// <remarks>
    /// Fit holds a fifth of the tasks out, at least 2c/(1 − c) and at most half of them for a coverage of c, and learns from the others. The quantiles of their errors are those of <see cref="MetaLearningCatalog.Calibrate"/>,
    /// with the same guarantee for new tasks. Then the model is adapted to all tasks. At least 2c/(1 − c) tasks are needed, for example 18 for 0.9. If there are tasks to spare beside the training tasks, Calibrate is better, since no task is held out.
    /// </remarks>
    public double? Coverage { get; set; }

    /// <inheritdoc/>
    [Range(100, 4000, 1000, logBase: true)]
    public override int MaximumNumberOfIterations
    {
        get => base.MaximumNumberOfIterations;
        set => base.MaximumNumberOfIterations = value;
    }

    /// <inheritdoc/>
    [Range(0.0005, 0.05, 0.005, logBase: true)]
    public override double LearningRate
    {
        get => base.LearningRate;
        set => base.LearningRate = value;
    }

    internal ColumnNames Columns => ColumnsFor(LabelColumnName);

    /// <summary>Checks that no output column hides the label, task or weight column.</summary>
    /// <exception cref="ArgumentException">An output has the name of such a column.</exception>
    internal void CheckNotHidden(LabelKind kind) => Columns.CheckNotHidden(OutputNames(kind, Coverage is not null));

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        CheckName(nameof(LabelColumnName), LabelColumnName);
        if (Coverage is { } coverage && !(coverage is > 0 and < 1))
            throw OptionCheck.Error(this, nameof(Coverage), "above 0 and below 1", coverage, fix: "It is the share of rows whose label is to be held, for example 0.9.");
        if (Coverage is not null && (TaskColumnName is null || Adapter?.PredictsCounts(kind) == true))
            throw OptionCheck.Error(this, nameof(Coverage), "null without a Task column, and for counts", Coverage, "There are no tasks that could be held out, or the errors of counts are not symmetric.", "Leave it null.");
        if (TaskColumnName is null && Episodes.Ways is null)
            throw OptionCheck.Error(this, nameof(TaskColumnName), "set unless Episodes.Ways is set", null, "The tasks of the rows are unknown.", "Give the name of the column that contains the tasks.");
    }
}
