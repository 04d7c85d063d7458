using MetaML.Options;

namespace MetaML;

/// <summary>Options of learning a network from shards. Encoder and adapter are those of the version that learning starts from.</summary>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.NetworkLearningOptions")]
public sealed record NetworkLearningOptions
{
    /// <summary>The largest number of outer steps.</summary>
    /// <value>At least 1; default 1,000.</value>
    [Id(0)]
    public int MaximumNumberOfIterations { get; init; } = 1000;

    /// <summary>Initial learning rate of the outer optimiser (Adam). It falls to 0 with a cosine schedule.</summary>
    /// <value>Positive; default 0.005.</value>
    [Id(1)]
    public double LearningRate { get; init; } = 0.005;

    /// <summary>The largest norm of the outer gradient. A larger gradient is scaled down to it.</summary>
    /// <value>Positive; default 1.</value>
    [Id(2)]
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>Number of tasks in each outer step. Each shard draws an equal part of them, rounded up.</summary>
    /// <value>At least 1; default 16.</value>
    [Id(3)]
    public int TasksPerIteration { get; init; } = 16;

    /// <summary>Support rows of each class (regression: of each task), as many as a new task will have.</summary>
    /// <value>At least 1, or null (default): <see cref="SupportRows"/> decides.</value>
    [Id(4)]
    public int? Shots { get; init; }

    /// <summary>Support rows of each task, the classes in their natural proportions.</summary>
    /// <value>At least 1, or null (default): a number drawn anew for every step and shard, from very few to 64 or half the task.</value>
    [Id(5)]
    public int? SupportRows { get; init; }

    /// <summary>Query rows of each task. Fewer where a task has no more.</summary>
    /// <value>At least 1, or null (default): 64; up to 256 if a class is rare.</value>
    [Id(6)]
    public int? Queries { get; init; }

    /// <summary>The share of the tasks of each shard that are held out to choose the best parameters. In a shard with fewer than ten tasks it is a share of each task's rows.</summary>
    /// <value>From 0 (no validation, no early stopping) to 0.5; default 0.2.</value>
    [Id(7)]
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>Number of outer steps between validations.</summary>
    /// <value>At least 1; default 25.</value>
    [Id(8)]
    public int EvaluationInterval { get; init; } = 25;

    /// <summary>Number of validations without improvement after which learning ends.</summary>
    /// <value>At least 1, or null for no early end; default 12.</value>
    [Id(9)]
    public int? Patience { get; init; } = 12;

    /// <summary>Number of outer steps between checkpoints. After the death of the silo that learns, at most so many steps are repeated.</summary>
    /// <value>At least 1; default 100. A checkpoint has 16 bytes for each trained value, and is written to the grain storage.</value>
    [Id(10)]
    public int CheckpointInterval { get; init; } = 100;

    /// <summary>The seed of all random numbers.</summary>
    /// <value>Default 0.</value>
    [Id(11)]
    public int Seed { get; init; }

    /// <summary>The same options for the outer loop.</summary>
    internal MetaTrainingOptions ToTraining() => new()
    {
        MaximumNumberOfIterations = MaximumNumberOfIterations,
        LearningRate = LearningRate,
        MaximumGradientNorm = MaximumGradientNorm,
        ValidationFraction = ValidationFraction,
        EarlyStopping = Patience is null ? null : new EarlyStoppingOptions { EvaluationInterval = EvaluationInterval, Patience = Patience.Value },
        CheckpointInterval = CheckpointInterval,
        Seed = Seed,
        Episodes = new EpisodeOptions { TasksPerIteration = TasksPerIteration, Shots = Shots, SupportRows = SupportRows, Queries = Queries },
    };

    /// <summary>Checks every option.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it, the range and the value.</exception>
    internal void Validate(LabelKind kind)
    {
        OptionCheck.AtLeast<int>(this, nameof(MaximumNumberOfIterations), MaximumNumberOfIterations, 1);
        OptionCheck.Positive(this, nameof(LearningRate), LearningRate);
        OptionCheck.Positive(this, nameof(MaximumGradientNorm), MaximumGradientNorm);
        OptionCheck.AtLeast<int>(this, nameof(TasksPerIteration), TasksPerIteration, 1);
        OptionCheck.InRange(this, nameof(ValidationFraction), ValidationFraction, 0, 0.5);
        OptionCheck.AtLeast<int>(this, nameof(EvaluationInterval), EvaluationInterval, 1);
        OptionCheck.AtLeast(this, nameof(Patience), Patience, 1);
        OptionCheck.AtLeast<int>(this, nameof(CheckpointInterval), CheckpointInterval, 1);
        ToTraining().Validate(kind);
    }
}
