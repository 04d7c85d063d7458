using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Trainers;
using MetaML.Models;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>What all trainers that learn across tasks have in common: the columns apart from labels, and how to learn.</summary>
public abstract record TaskLearnerOptions : MetaTrainingOptions
{
    private protected TaskLearnerOptions()
    {
    }

    /// <summary>The features: a known-size vector of Single.</summary>
    /// <value>Default "Features".</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>Which task a row belongs to: text or key.</summary>
    /// <value>Null where rows are not told apart by task.</value>
    public string? TaskColumnName { get; set; }

    /// <summary>How much a row counts: Single.</summary>
    /// <value>Null (default) where all rows count alike.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>What is given for rows of an unknown task.</summary>
    /// <value>Null (default): <see cref="UnknownTaskHandling.MetaPrior"/> where all tasks' labels mean the same, else <see cref="UnknownTaskHandling.Throw"/>.</value>
    public UnknownTaskHandling? UnknownTasks { get; set; }

    internal ColumnNames ColumnsFor(string label) => new(label, FeatureColumnName, TaskColumnName, ExampleWeightColumnName);

    /// <summary>The names of the output columns of labels of a kind.</summary>
    internal IReadOnlyList<string> OutputNames(LabelKind kind) => ScoreColumns.Names(kind, GivesDeviation(kind), TaskColumnName is not null);

    /// <summary>The options with what they leave to the host and to the data: seed, progress, the features' shape.</summary>
    internal MetaTrainingOptions Bind(IHost host, IChannel channel, DataViewSchema schema) => Bind(new TrainingHost(host, channel, schema[FeatureColumnName]));

    private TaskLearnerOptions Bind(TrainingHost host) => this with
    {
        Encoder = host.Encoder(Encoder),
        Reasons = host.Reasons(Encoder),
        Seed = host.Seed(Seed),
        Device = host.Device(Device),
        FallbackToCpu = host.FallsBackToCpu,
        Progress = host.Progress(Progress),
        HoldsOutRows = TaskColumnName is null, // there are no others
    };

    /// <summary>What a trained model gives for rows of unknown tasks.</summary>
    /// <exception cref="ArgumentException">There is no prior to give.</exception>
    internal UnknownTaskHandling UnknownTasksOf(MetaModel model, IChannel channel)
    {
        UnknownTaskHandling handling = UnknownTasks ?? (model.HasCommonOutputs ? UnknownTaskHandling.MetaPrior : UnknownTaskHandling.Throw);
        if (UnknownTasks is null)
            channel.Info($"Rows of unknown tasks: {handling}, since {(model.HasCommonOutputs ? "labels mean the same in all tasks" : "each task has classes of its own")}.");
        if (handling == UnknownTaskHandling.MetaPrior && !model.HasCommonOutputs)
            throw OptionCheck.Error(this, nameof(UnknownTasks), "Throw or Missing where class sets differ by task", handling, "There is no prior for classes that are not known.");
        if (handling == UnknownTaskHandling.Missing)
            channel.Warning("Rows of unknown tasks get NaN scores, which ML.NET's metrics leave out or misread.");
        return handling;
    }

    /// <inheritdoc/>
    public override void Validate(LabelKind kind)
    {
        base.Validate(kind);
        CheckName(nameof(FeatureColumnName), FeatureColumnName);
        CheckName(nameof(TaskColumnName), TaskColumnName ?? "Task");
        CheckName(nameof(ExampleWeightColumnName), ExampleWeightColumnName ?? "Weight");
        if (UnknownTasks is { } handling)
            OptionCheck.Defined(this, nameof(UnknownTasks), handling);
    }

    private protected void CheckName(string member, string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw OptionCheck.Error(this, member, "the name of a column", name);
    }
}
