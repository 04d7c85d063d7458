using MetaML.Options;
using MetaML.Statistics;

namespace MetaML;

/// <summary>Options of training across tasks. The options of the trainers derive from them.</summary>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions
/// {
///     Encoder = new MlpEncoderOptions { HiddenUnits = [64], EmbeddingDimension = 32 },
///     Adapter = new RidgeAdapterOptions(),
///     MaximumNumberOfIterations = 500,
///     MaximumTrainingTime = TimeSpan.FromMinutes(5),
///     EarlyStopping = new EarlyStoppingOptions { Patience = 6 },
///     CheckpointPath = "training.checkpoint",
/// };
/// ITransformer trained = ml.BinaryClassification.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
public record MetaTrainingOptions : TrainingLoopOptions
{
    /// <summary>Options with their defaults.</summary>
    public MetaTrainingOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    /// <summary>A copy that shares no mutable part with the original.</summary>
    /// <param name="original">The options to copy.</param>
    protected MetaTrainingOptions(MetaTrainingOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The defaults, with the options of the outer loop from other options.</summary>
    internal MetaTrainingOptions(TrainingLoopOptions loop)
        : base(loop)
    {
    }

    /// <summary>The network shared by all tasks.</summary>
    /// <value>
    /// Null (default) for a choice from the data. Images get a convolutional encoder. Sparse features with classes as labels get
    /// <see cref="SparseEncoderOptions"/>. For dense features, validation chooses between no
    /// encoder and multi-layer perceptrons, and, if <see cref="Adapter"/> is null or Bayesian, a kernel. It is a multi-layer perceptron in all other cases,
    /// and for more than 200 features if labels are values or the adapter is Bayesian.
    /// </value>
    public EncoderOptions? Encoder { get; set; }

    /// <summary>The adapter, which fits a head for each task on its support.</summary>
    /// <value>
    /// Null (default) for a choice from the data. Regression, and models without an encoder, get <see cref="BayesianAdapterOptions"/>;
    /// for classes the likelihood is Gaussian, or logistic if <see cref="Encoder"/> is null too and validation prefers it. Images
    /// with classes get prototypes. All other cases get ridge regression.
    /// </value>
    public AdapterOptions? Adapter { get; set; }

    /// <summary>The objective of the encoder's training.</summary>
    /// <value>Default <see cref="TrainingObjective.Meta"/>.</value>
    public TrainingObjective Objective { get; set; } = TrainingObjective.Meta;

    /// <summary>If <see cref="Objective"/> is Joint, the largest number of outer steps that train the adapter on the jointly trained encoder.</summary>
    /// <value>At least 0, or null (default) for <see cref="TrainingLoopOptions.MaximumNumberOfIterations"/>. With 0 the adapter is not trained. With an adapter that takes gradient steps on the whole network, 0 is plain fine-tuning.</value>
    public int? AdapterIterations { get; set; }

    /// <summary>The weights of tasks in the outer loss.</summary>
    /// <value>Default <see cref="UniformWeightingOptions"/>: the same weight for all tasks.</value>
    public TaskWeightingOptions TaskWeighting { get; set; } = new UniformWeightingOptions();

    /// <summary>The draws of support and query rows.</summary>
    public EpisodeOptions Episodes { get; set; } = new();

    /// <summary>Whether tasks have the same classes; for multiclass labels.</summary>
    /// <value>Default <see cref="ClassSets.Auto"/>.</value>
    public ClassSets ClassSets { get; set; } = ClassSets.Auto;

    /// <summary>Whether the labels of each task are divided by their own size, the root mean square about a common centre; for regression.</summary>
    /// <value>
    /// Null (default) for a choice from the training tasks: true if the sizes of tasks differ so much that one standard deviation of their logarithm is a factor of 3 or more.
    /// The log says what was chosen. MultiOutput scales the labels of each output instead.
    /// </value>
    /// <remarks>
    /// Otherwise tasks with large labels, such as the revenues of large stores, dominate what is learned. Each task then counts alike, and scores are in the units of the labels of their task.
    /// The size of a task with few rows is shrunk towards the typical size by empirical Bayes. A task without rows is scored as one of the typical size.
    /// Rows that Update adds do not change the size of a task.
    /// </remarks>
    public bool? ScaleLabelsByTask { get; set; }

    /// <summary>Whether each task of the model keeps what is needed to add rows to it and to take rows away.</summary>
    /// <value>Default false.</value>
    /// <remarks>
    /// With ridge, Bayesian (Gaussian) and prototype adapters, a task with at most d rows keeps their embeddings of d values. A task with more rows keeps sums over
    /// them: (d + 1)(d + 4)/2 numbers in double precision for one output, and d + 1 for each class of prototypes. With other adapters it keeps
    /// <see cref="StatisticsBufferRows"/> rows. A model that keeps statistics contains the rows of its training tasks, or sums over them.
    /// </remarks>
    public bool KeepStatistics { get; set; }

    /// <summary>The largest number of rows that a task keeps if <see cref="KeepStatistics"/> is true and its head is not a function of sums: with logistic, gradient and outside adapters.</summary>
    /// <value>At least 1; default 1,000. Beyond this number the kept rows are a uniform sample, and a head that is fitted again is that of the sample.</value>
    public int StatisticsBufferRows { get; set; } = 1000;

    /// <summary>Whether validation holds out rows instead of tasks for any number of tasks, because the training tasks are also those that are scored.</summary>
    internal bool HoldsOutRows { get; init; }

    /// <summary>The choices of options before training, with their reasons.</summary>
    internal IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>What tasks keep of their rows; null for nothing.</summary>
    internal StatisticsOptions? Statistics => KeepStatistics ? new StatisticsOptions(StatisticsBufferRows) : null;

    /// <summary>Whether scores for this kind of label have a deviation.</summary>
    internal bool GivesDeviation(LabelKind kind) => Adapter?.GivesDeviation(kind) ?? kind == LabelKind.Regression;

    /// <summary>Checks every option.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it, the range and the value.</exception>
    public virtual void Validate(LabelKind kind)
    {
        ValidateLoop();
        OptionCheck.NotNull(this, nameof(Episodes), Episodes);
        OptionCheck.NotNull(this, nameof(TaskWeighting), TaskWeighting);
        OptionCheck.Defined(this, nameof(ClassSets), ClassSets);
        OptionCheck.Defined(this, nameof(Objective), Objective);
        OptionCheck.AtLeast(this, nameof(AdapterIterations), AdapterIterations, 0);
        if (AdapterIterations is not null && Objective != TrainingObjective.Joint)
            throw OptionCheck.Error(this, nameof(AdapterIterations), "null unless Objective is Joint", AdapterIterations, "Otherwise encoder and adapter are trained together.", "Leave it unset, or set Objective to Joint.");
        if (ScaleLabelsByTask == true && (kind != LabelKind.Regression || Adapter?.PredictsCounts(kind) == true))
            throw OptionCheck.Error(this, nameof(ScaleLabelsByTask), "false or null unless labels are values", ScaleLabelsByTask, "Classes and counts have no scale.", "Leave it unset.");
        OptionCheck.AtLeast<int>(this, nameof(StatisticsBufferRows), StatisticsBufferRows, 1);
        OptionNames.Check(this, nameof(Encoder), Encoder);
        OptionNames.Check(this, nameof(Adapter), Adapter);
        Encoder?.Validate();
        Adapter?.Validate(kind);
        if (Encoder is not null)
            Adapter?.Validate(Encoder);
        Episodes.Validate(kind);
        TaskWeighting.Validate();
    }
}
