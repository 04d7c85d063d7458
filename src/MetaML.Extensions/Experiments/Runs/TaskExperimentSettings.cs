using MetaML.Options;
using Microsoft.ML;

namespace MetaML;

/// <summary>Settings of an experiment: its strategies, metric and time limit. The properties follow AutoML's ExperimentSettings.</summary>
public sealed record TaskExperimentSettings
{
    private readonly List<(string Name, IEstimator<ITransformer> Trainer)> _trainers = [];
    private readonly List<LearningStrategy> _strategies = [];

    /// <summary>Settings with their defaults.</summary>
    public TaskExperimentSettings()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private TaskExperimentSettings(TaskExperimentSettings original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The time limit for all runs together, in seconds. The evaluation on the test tasks and the second fit of the best strategy come after it.</summary>
    /// <value>At least 1; default 600. If there are meta-learned strategies, the others may use half of the time.</value>
    public uint MaxExperimentTimeInSeconds { get; set; } = 600;

    /// <summary>The largest number of runs.</summary>
    /// <value>At least 1, or null (default): no limit other than the time.</value>
    public int? MaxModels { get; set; }

    /// <summary>The metric by which strategies are compared.</summary>
    /// <value>Null (default): the metric of <see cref="FewShot"/>, or if that is null, accuracy for binary labels, micro-accuracy for multiclass labels, RMSE for regression. If more than 80 % of the labels are of one class, log-loss instead of accuracy.</value>
    public TaskMetric? OptimizingMetric { get; set; }

    /// <summary>Seed of splits, draws and meta-training.</summary>
    /// <value>Null (default): the seed of the MLContext, or 0 if the context has none.</value>
    public int? Seed { get; set; }

    /// <summary>A token that ends the experiment. The result then contains the finished runs. If no run is finished, an <see cref="OperationCanceledException"/> is thrown.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>A folder that keeps each finished run. An experiment that was killed or cancelled, and is started again with the same settings and data, takes its finished runs from there and gives the same result.</summary>
    /// <value>
    /// Null (default): nothing is kept. The folder is created if it is absent. Runs are found by the settings, the columns, the tasks and their labels. Features, featurizers, the metric of your own and
    /// the options of added trainers are not compared: use a new folder if they change. An added trainer that draws random numbers from its context draws other ones after an interruption. A run whose model ML.NET cannot save is repeated. Delete the folder after the
    /// experiment. Its files are loaded as ml.Model.Load loads models, so that it must be a folder that you trust.
    /// </value>
    public string? CheckpointFolder { get; set; }

    /// <summary>The share of tasks for validation. It has no effect if validation data are given.</summary>
    /// <value>Between 0 and 0.5; default 0.2.</value>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>The share of tasks for the test. It has no effect if validation data are given.</summary>
    /// <value>From 0 (no test) to 0.5; default 0.2.</value>
    public double TestFraction { get; set; } = 0.2;

    /// <summary>A column of groups of tasks, such as the factory of a machine. The tasks of a group are in the same part of every split, so that no task is judged by models that learned from its group.</summary>
    /// <value>Null (default): each task is split by itself. Text or key, in the data, the same for all rows of a task. It has no effect if validation data are given.</value>
    public string? TaskGroupColumnName { get; set; }

    /// <summary>Whether the tasks that begin last are the test tasks, and those before them the validation tasks, as in use, where models of earlier tasks serve later ones.</summary>
    /// <value>Default false: tasks are split at random. If true, the rows need an order: <see cref="FewShotOptions.TimeColumnName"/> or <see cref="FewShotOptions.IsInTimeOrder"/>. Leaders are then not cross-validated, since they would learn from later tasks.</value>
    public bool SplitsByTime { get; set; }

    /// <summary>The largest time of a prediction of one row, in milliseconds. A run whose model is slower counts as failed.</summary>
    /// <value>Above 0, or null (default): no limit. The median over a hundred rows on this machine is compared (<see cref="RunDetail.PredictionMilliseconds"/>).</value>
    public double? MaximumPredictionMilliseconds { get; set; }

    /// <summary>The largest size of the saved model, in bytes. A run whose model is larger, or cannot be saved, counts as failed.</summary>
    /// <value>At least 1, or null (default): no limit. See <see cref="RunDetail.ModelBytes"/>.</value>
    public long? MaximumModelBytes { get; set; }

    /// <summary>The largest memory use of the whole process during a run, in bytes. A run that exceeds it is stopped at its next step, and counts as failed.</summary>
    /// <value>At least 1, or null (default): no limit. The working set is sampled every 25 milliseconds. A trainer that cannot be cancelled ends first.</value>
    public long? MaximumMemoryBytes { get; set; }

    /// <summary>The options of the draws of support and query from validation and test tasks. Metric and seed of the experiment override those of these options.</summary>
    public FewShotOptions FewShot { get; set; } = new();

    /// <summary>The options that all meta-learned strategies share, such as episodes, learning rate, and the outer steps in the last round of the search (MaximumNumberOfIterations).</summary>
    /// <value>The experiment sets encoder, adapter, task weighting and columns.</value>
    public MetaLearnerOptions MetaLearner { get; set; } = new();

    /// <summary>The adapters to try.</summary>
    /// <value>Null (default): ridge, Bayesian (for classes with the logistic likelihood), prototypes (for classes) and gradient steps on the head. Empty: no meta-learned strategies.</value>
    public IReadOnlyList<AdapterOptions>? Adapters { get; set; }

    /// <summary>The encoders to try, each with each adapter.</summary>
    /// <value>Null (default): a multi-layer perceptron, the features themselves, and a perceptron with a linear path, which combines the two.</value>
    public IReadOnlyList<EncoderOptions>? Encoders { get; set; }

    /// <summary>The task weightings to try, each with each pair of encoder and adapter.</summary>
    /// <value>Null (default): equal weights.</value>
    public IReadOnlyList<TaskWeightingOptions>? TaskWeightings { get; set; }

    /// <summary>The factor r of successive halving: each round continues with one of r candidates, and trains it for r times as many steps.</summary>
    /// <value>From 2 to 10; default 3.</value>
    public int ReductionFactor { get; set; } = 3;

    /// <summary>Whether the experiment also tries default strategies.</summary>
    /// <value>
    /// Default true. The default strategies are ML.NET's linear trainers, from scratch and pooled (L-BFGS and SDCA for classes, SDCA
    /// for regression), and its LightGBM, FastTree and FastForest if the application references their packages; from scratch, the nearest class mean of the features for classes, and ridge regression with a penalty by
    /// cross-validation for values; the trainer PriorFitted from scratch, if the application references MetaML.Pretrained; a meta-learner that chooses
    /// encoder and adapter itself, if neither is given, and the same with the score of a pooled LightGBM or FastTree as a further feature; and joint training (<see cref="TrainingObjective.Joint"/>)
    /// of the first encoder with trained parameters, with the first adapter. Without encoders or adapters to try, there is no joint training.
    /// </value>
    public bool UsesDefaultTrainers { get; set; } = true;

    /// <summary>Whether half of the time that is left is used to search better values of numeric options: the penalty of L-BFGS, the learning rate and leaves of trees, the learning rate and width of networks.</summary>
    /// <value>Default true. Only default strategies are changed, the best one of each kind. It has no effect if <see cref="UsesDefaultTrainers"/> is false. Networks are changed if neither encoders nor adapters are given.</value>
    public bool SearchesOptions { get; set; } = true;

    /// <summary>Whether the time that the search leaves is used to judge the leading strategies on the training tasks too, by cross-validation over tasks.</summary>
    /// <value>Default true. It has no effect if validation data are given. A few validation tasks can hardly tell good strategies apart.</value>
    public bool CrossValidatesLeaders { get; set; } = true;

    /// <summary>Whether the strategies that were judged on the most tasks are combined in a weighted ensemble and in a routed model, which are compared with the best strategy.</summary>
    /// <value>Default true. A combination that is better is fitted after the search. This takes about as long as the runs of its strategies.</value>
    public bool CombinesStrategies { get; set; } = true;

    /// <summary>Whether the importance of each feature for the best strategy is measured after the search (<see cref="ExperimentResult.Importance"/>).</summary>
    /// <value>Default true. The query rows of the test tasks are scored three times for each feature.</value>
    public bool MeasuresImportance { get; set; } = true;

    internal IReadOnlyList<(string Name, IEstimator<ITransformer> Trainer)> Trainers => _trainers;

    internal IReadOnlyList<LearningStrategy> Strategies => _strategies;

    /// <summary>Adds a trainer, such as FastTree or LightGBM. The experiment tries it from scratch on each task, pooled, and pooled with the task as a feature.</summary>
    /// <param name="name">A unique name.</param>
    /// <param name="trainer">A trainer that reads the label and feature columns of the experiment.</param>
    /// <returns>These settings.</returns>
    public TaskExperimentSettings Add(string name, IEstimator<ITransformer> trainer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(trainer);
        _trainers.Add((name, trainer));
        return this;
    }

    /// <summary>Adds a strategy. Its pipeline reads the raw data, without the featurizer of the experiment.</summary>
    /// <param name="strategy">The strategy, with a unique name.</param>
    /// <returns>These settings.</returns>
    public TaskExperimentSettings Add(LearningStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        _strategies.Add(strategy);
        return this;
    }

    internal void Validate()
    {
        OptionCheck.AtLeast<long>(this, nameof(MaxExperimentTimeInSeconds), MaxExperimentTimeInSeconds, 1);
        OptionCheck.AtLeast(this, nameof(MaxModels), MaxModels, 1);
        OptionCheck.InRange(this, nameof(ValidationFraction), ValidationFraction, double.Epsilon, 0.5);
        OptionCheck.InRange(this, nameof(TestFraction), TestFraction, 0, 0.5);
        OptionCheck.InRange(this, nameof(ReductionFactor), ReductionFactor, 2, 10);
        OptionCheck.AtLeast(this, nameof(MaximumModelBytes), MaximumModelBytes, 1);
        OptionCheck.AtLeast(this, nameof(MaximumMemoryBytes), MaximumMemoryBytes, 1);
        if (MaximumPredictionMilliseconds is { } milliseconds)
            OptionCheck.InRange(this, nameof(MaximumPredictionMilliseconds), milliseconds, double.Epsilon, double.MaxValue);
        OptionCheck.NotNull(this, nameof(FewShot), FewShot);
        if (SplitsByTime && FewShot is { TimeColumnName: null, IsInTimeOrder: false })
            throw OptionCheck.Error(this, nameof(SplitsByTime), "false if FewShot has neither a TimeColumnName nor IsInTimeOrder", true);
        OptionCheck.NotNull(this, nameof(MetaLearner), MetaLearner);
        FewShot.Validate();
        if (CheckpointFolder is not null && string.IsNullOrWhiteSpace(CheckpointFolder))
            throw OptionCheck.Error(this, nameof(CheckpointFolder), "null or the path of a folder", "a blank text");
        if (OptimizingMetric is { } metric)
            OptionCheck.Defined(this, nameof(OptimizingMetric), metric);
        if (OptimizingMetric == TaskMetric.Own && FewShot.OwnMetric is null)
            throw OptionCheck.Error(this, nameof(OptimizingMetric), "a metric that is known if FewShot.OwnMetric is null", OptimizingMetric);
    }
}
