using MetaML.Options;

namespace MetaML;

/// <summary>How to learn across tasks.</summary>
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

    /// <summary>The defaults, with the outer loop of other options.</summary>
    internal MetaTrainingOptions(TrainingLoopOptions loop)
        : base(loop)
    {
    }

    /// <summary>The network shared by all tasks.</summary>
    /// <value>Null (default): for dense tabular features, none or a multi-layer perceptron, whichever serves validation tasks better (where <see cref="Adapter"/> is null too); for images, convolutional; for sparse features by which classes are told, <see cref="SparseEncoderOptions"/>; else a multi-layer perceptron.</value>
    public EncoderOptions? Encoder { get; set; }

    /// <summary>What is fitted for each task on its support.</summary>
    /// <value>Null (default): for values, and without an encoder, Bayesian (of classes with a Gaussian likelihood, or, where nothing else is given, a logistic one where that serves validation tasks better); on images, prototypes; else ridge regression towards a meta-learned head.</value>
    public AdapterOptions? Adapter { get; set; }

    /// <summary>What the encoder is trained for.</summary>
    /// <value>Default <see cref="TrainingObjective.Meta"/>.</value>
    public TrainingObjective Objective { get; set; } = TrainingObjective.Meta;

    /// <summary>Where <see cref="Objective"/> is Joint, the largest number of outer steps of the adapter, on the encoder as joint training left it.</summary>
    /// <value>At least 0, or null (default): as many as <see cref="TrainingLoopOptions.MaximumNumberOfIterations"/>. With 0 nothing is meta-learned; with gradient steps on the whole network, that is fine-tuning.</value>
    public int? AdapterIterations { get; set; }

    /// <summary>How much each task counts.</summary>
    /// <value>Default: all alike.</value>
    public TaskWeightingOptions TaskWeighting { get; set; } = new UniformWeightingOptions();

    /// <summary>How support and query are drawn.</summary>
    public EpisodeOptions Episodes { get; set; } = new();

    /// <summary>Whether tasks tell the same classes apart; for multiclass labels.</summary>
    /// <value>Default <see cref="ClassSets.Auto"/>.</value>
    public ClassSets ClassSets { get; set; } = ClassSets.Auto;

    /// <summary>Whether rows are held out, rather than tasks, however many tasks there are: those trained on are those that are scored later.</summary>
    internal bool HoldsOutRows { get; init; }

    /// <summary>What was chosen of these options before training began, and why.</summary>
    internal IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Whether scores of this kind of label come with a deviation.</summary>
    internal bool GivesDeviation(LabelKind kind) => Adapter?.GivesDeviation(kind) ?? kind == LabelKind.Regression;

    /// <summary>Checks every option.</summary>
    /// <param name="kind">What the labels are.</param>
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
            throw OptionCheck.Error(this, nameof(AdapterIterations), "null unless Objective is Joint", AdapterIterations, "Encoder and adapter learn together.", "Leave it unset, or let Objective be Joint.");
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
