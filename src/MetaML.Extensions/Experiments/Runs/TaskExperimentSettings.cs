using MetaML.Options;
using Microsoft.ML;

namespace MetaML;

/// <summary>What an experiment compares, by what, and how long it may take: the shape is AutoML's.</summary>
public sealed record TaskExperimentSettings
{
    private readonly List<(string Name, IEstimator<ITransformer> Trainer)> _trainers = [];
    private readonly List<LearningStrategy> _strategies = [];

    /// <summary>Options with their defaults.</summary>
    public TaskExperimentSettings()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private TaskExperimentSettings(TaskExperimentSettings original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The time that all runs may take; judging the finalists on the test tasks and fitting the best again come after it.</summary>
    /// <value>At least 1 second; default 600. Half of it at the most goes to strategies that are not meta-learned, where there are meta-learned ones.</value>
    public uint MaxExperimentTimeInSeconds { get; set; } = 600;

    /// <summary>The largest number of runs.</summary>
    /// <value>At least 1, or null (default): as many as the time allows.</value>
    public int? MaxModels { get; set; }

    /// <summary>What strategies are compared by.</summary>
    /// <value>Null (default): accuracy, micro-accuracy or RMSE, by the kind of label.</value>
    public TaskMetric? OptimizingMetric { get; set; }

    /// <summary>Seed of splits, draws and meta-training.</summary>
    /// <value>Null (default): that of the MLContext, or 0 where there is none.</value>
    public int? Seed { get; set; }

    /// <summary>Ends the experiment with what was finished, or by an <see cref="OperationCanceledException"/> where nothing was.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Share of the tasks that strategies are chosen by, where no validation data are given.</summary>
    /// <value>Between 0 and 0.5; default 0.2.</value>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>Share of the tasks that are touched once, at the end, where no validation data are given.</summary>
    /// <value>From 0 (no test) to 0.5; default 0.2.</value>
    public double TestFraction { get; set; } = 0.2;

    /// <summary>How support and query are drawn from validation and test tasks. Its metric and seed give way to the experiment's.</summary>
    public FewShotOptions FewShot { get; set; } = new();

    /// <summary>What the meta-learned strategies have in common: how long the last round of the search trains (MaximumNumberOfIterations), episodes, learning rate and so on.</summary>
    /// <value>Encoder, adapter, task weighting and columns are the experiment's.</value>
    public MetaLearnerOptions MetaLearner { get; set; } = new();

    /// <summary>Adapters to try.</summary>
    /// <value>Null (default): ridge, Bayesian, prototypes (for classes) and gradient steps on the head. Empty: nothing is meta-learned.</value>
    public IReadOnlyList<AdapterOptions>? Adapters { get; set; }

    /// <summary>Encoders to try, each with each adapter.</summary>
    /// <value>Null (default): a multi-layer perceptron, the features themselves, and both side by side.</value>
    public IReadOnlyList<EncoderOptions>? Encoders { get; set; }

    /// <summary>Task weightings to try, each with each pair of encoder and adapter.</summary>
    /// <value>Null (default): all tasks alike.</value>
    public IReadOnlyList<TaskWeightingOptions>? TaskWeightings { get; set; }

    /// <summary>Successive halving keeps one of so many candidates, and trains those so many times as long.</summary>
    /// <value>From 2 to 10; default 3.</value>
    public int ReductionFactor { get; set; } = 3;

    /// <summary>Whether strategies without meta-learning are tried that nobody asked for: ML.NET's own linear trainers, from scratch and pooled (L-BFGS and SDCA for classes, SDCA for values); for classes the nearest class mean of the features; and joint training (<see cref="TrainingObjective.Joint"/>) of the first encoder that has something to train, with the first adapter.</summary>
    /// <value>Default true. Without encoders or adapters to try, there is no joint training.</value>
    public bool UsesDefaultTrainers { get; set; } = true;

    internal IReadOnlyList<(string Name, IEstimator<ITransformer> Trainer)> Trainers => _trainers;

    internal IReadOnlyList<LearningStrategy> Strategies => _strategies;

    /// <summary>Adds a trainer, FastTree or LightGBM say: it is tried from scratch on each task, pooled, and pooled with the task as a feature.</summary>
    /// <param name="name">A name of its own.</param>
    /// <param name="trainer">Reads the label and feature columns that the experiment is given.</param>
    /// <returns>These settings.</returns>
    public TaskExperimentSettings Add(string name, IEstimator<ITransformer> trainer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(trainer);
        _trainers.Add((name, trainer));
        return this;
    }

    /// <summary>Adds a strategy as it is: its pipeline gets the raw data.</summary>
    /// <param name="strategy">The strategy, with a name of its own.</param>
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
        OptionCheck.NotNull(this, nameof(FewShot), FewShot);
        OptionCheck.NotNull(this, nameof(MetaLearner), MetaLearner);
        FewShot.Validate();
        if (OptimizingMetric is { } metric)
            OptionCheck.Defined(this, nameof(OptimizingMetric), metric);
    }
}
