using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Trainers;
using MetaML.Models;
using MetaML.Options;
using MetaML.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>The common options of all trainers that learn across tasks: the columns other than labels, and the options of the training.</summary>
public abstract record TaskLearnerOptions : MetaTrainingOptions
{
    private protected TaskLearnerOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    /// <summary>Copies options. The copy shares no mutable part with the original.</summary>
    /// <param name="original">The options.</param>
    protected TaskLearnerOptions(TaskLearnerOptions original)
        : base(original) => OptionCopy.Fields(original, this);
#pragma warning restore CS8618

    /// <summary>The feature column: a vector of Single of known size.</summary>
    /// <value>Default "Features".</value>
    public string FeatureColumnName { get; set; } = "Features";

    /// <summary>The Task column, which gives the task of each row: text or key.</summary>
    /// <value>Null for no Task column.</value>
    public string? TaskColumnName { get; set; }

    /// <summary>The column of task features: what is known of a task besides its rows, for example the size of a store. Single, or vector of Single of known size.</summary>
    /// <value>Null (default) for none. All rows of a task must have the same values. It needs a Task column.</value>
    /// <remarks>
    /// The mean of the prior of heads is linear in the task features, which are standardised over the training tasks. So a task without
    /// rows is scored by its task features, and the head of a task with few rows starts from them. They need a Bayesian, ridge or logistic
    /// adapter, and outputs that mean the same in all tasks.
    /// </remarks>
    public string? TaskFeatureColumnName { get; set; }

    /// <summary>The columns of groups that tasks are in, the outermost first: text or key, for example "Region", "District" for tasks that are stores.</summary>
    /// <value>Empty (default) for none. All rows of a task must have the same groups, and each group must lie in one group of the column before.</value>
    /// <remarks>
    /// The effects of a task are those of its groups and its own: priors of priors. An unknown task of a known group gets the prior of the group, and a task of unknown
    /// groups the prior of all. They need a Bayesian adapter whose prior is learned by empirical Bayes, and labels that are values, counts or two classes.
    /// </remarks>
    public IReadOnlyList<string> TaskGroupColumnNames { get; set; } = [];

    /// <summary>The column of exposures of counts, for example the time or the area that a count was made in: Single.</summary>
    /// <value>Null (default) if all rows have the exposure 1. Exposures must be positive.</value>
    /// <remarks>
    /// The expected count of a row is its exposure times a rate, whose logarithm is linear in the features. It needs a Bayesian adapter with
    /// the <see cref="BayesianAdapterOptions.ValueLikelihood"/> Poisson or NegativeBinomial. Rows that are scored need the column too.
    /// </remarks>
    public string? ExposureColumnName { get; set; }

    /// <summary>The column of example weights: Single.</summary>
    /// <value>Null (default) for equal weights.</value>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>The treatment of rows of unknown tasks.</summary>
    /// <value>Null (default): <see cref="UnknownTaskHandling.MetaPrior"/> if labels have the same meaning in all tasks, otherwise <see cref="UnknownTaskHandling.Throw"/>.</value>
    public UnknownTaskHandling? UnknownTasks { get; set; }

    internal ColumnNames ColumnsFor(string label) => new(label, FeatureColumnName, TaskColumnName, ExampleWeightColumnName) { TaskFeatures = TaskFeatureColumnName, Exposure = ExposureColumnName, Groups = [.. TaskGroupColumnNames] };

    /// <summary>The names of the output columns for labels of a kind.</summary>
    internal IReadOnlyList<string> OutputNames(LabelKind kind, bool hasCoverage = false) => ScoreColumns.Names(kind, GivesDeviation(kind), TaskColumnName is not null, hasCoverage);

    /// <summary>A copy of the options in which the host and the data supply the values that are not set: seed, device, progress, shape of the features.</summary>
    internal MetaTrainingOptions Bind(IHost host, IChannel channel, DataViewSchema schema) => Bind(new TrainingHost(host, channel, schema[FeatureColumnName]));

    private TaskLearnerOptions Bind(TrainingHost host) => this with
    {
        Encoder = host.Encoder(Encoder),
        Reasons = host.Reasons(Encoder),
        Seed = host.Seed(Seed),
        Device = host.Device(Device),
        FallbackToCpu = host.FallsBackToCpu,
        Progress = host.Progress(Progress),
        HoldsOutRows = TaskColumnName is null, // without tasks only rows can be held out
    };

    /// <summary>The treatment of rows of unknown tasks by a trained model.</summary>
    /// <exception cref="ArgumentException">The options ask for the prior, and the model has none.</exception>
    internal UnknownTaskHandling UnknownTasksOf(MetaModel model, IChannel channel)
    {
        UnknownTaskHandling handling = UnknownTasks ?? (model.HasCommonOutputs ? UnknownTaskHandling.MetaPrior : UnknownTaskHandling.Throw);
        if (UnknownTasks is null)
            channel.Info($"Rows of unknown tasks: {handling}, because {(model.HasCommonOutputs ? "labels have the same meaning in all tasks" : "tasks have different classes")}.");
        if (handling == UnknownTaskHandling.MetaPrior && !model.HasCommonOutputs)
            throw OptionCheck.Error(this, nameof(UnknownTasks), "Throw or Missing where class sets differ by task", handling, "There is no prior for unknown classes.");
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
        CheckName(nameof(TaskFeatureColumnName), TaskFeatureColumnName ?? "TaskFeatures");
        CheckName(nameof(ExposureColumnName), ExposureColumnName ?? "Exposure");
        if (ExposureColumnName is not null && Adapter?.PredictsCounts(LabelKind.Regression) != true)
            throw OptionCheck.Error(this, nameof(ExposureColumnName), "null unless Adapter is BayesianAdapterOptions with a ValueLikelihood of counts", ExposureColumnName, "Exposures would have no effect.", "Set ValueLikelihood to Poisson or NegativeBinomial.");
        if (ExposureColumnName is not null && KeepStatistics)
            throw OptionCheck.Error(this, nameof(KeepStatistics), "false with an exposure column", KeepStatistics, "Statistics do not hold exposures.", "Adapt tasks on all their rows instead.");
        OptionCheck.NotNull(this, nameof(TaskGroupColumnNames), TaskGroupColumnNames);
        foreach (string group in TaskGroupColumnNames)
            CheckName(nameof(TaskGroupColumnNames), group);
        if (TaskGroupColumnNames.Count > 0)
        {
            if (TaskColumnName is null)
                throw OptionCheck.Error(this, nameof(TaskGroupColumnNames), "empty without a Task column", NameList.Of(TaskGroupColumnNames), "There are no tasks in the groups.", "Name the Task column.");
            if (TaskGroupColumnNames.Append(TaskColumnName).GroupBy(name => name).FirstOrDefault(name => name.Count() > 1) is { } twice)
                throw OptionCheck.Error(this, nameof(TaskGroupColumnNames), "different columns, none of them the Task column", $"'{twice.Key}' twice", "A level would have one group in each group.", "Remove it.");
            CovariateCheck.CheckGroups(this);
        }

        if (TaskFeatureColumnName is not null)
        {
            if (TaskColumnName is null)
                throw OptionCheck.Error(this, nameof(TaskFeatureColumnName), "null without a Task column", TaskFeatureColumnName, "There are no tasks to which the features belong.", "Name the Task column, or use the column as features.");
            CovariateCheck.CheckOptions(this);
        }

        if (UnknownTasks is { } handling)
            OptionCheck.Defined(this, nameof(UnknownTasks), handling);
    }

    private protected void CheckName(string member, string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw OptionCheck.Error(this, member, "the name of a column", name);
    }
}
