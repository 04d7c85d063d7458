using MetaML.Options;
using MetaML.Training.Options;

namespace MetaML;

/// <summary>How to learn an encoder from features alone.</summary>
public record SelfSupervisedOptions
{
    /// <summary>Options with their defaults.</summary>
    public SelfSupervisedOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    /// <summary>A copy that shares no mutable part with the original.</summary>
    /// <param name="original">The options to copy.</param>
    protected SelfSupervisedOptions(SelfSupervisedOptions original)
    {
        ArgumentNullException.ThrowIfNull(original);
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>The network that is learned.</summary>
    /// <value>Null (default): for images, convolutional; else a multi-layer perceptron.</value>
    public EncoderOptions? Encoder { get; set; }

    /// <summary>What it is learned by.</summary>
    /// <value>Default <see cref="SelfSupervision.Contrastive"/>.</value>
    public SelfSupervision Objective { get; set; } = SelfSupervision.Contrastive;

    /// <summary>Probability with which a feature of a row's copy is replaced by that of another row.</summary>
    /// <value>From 0 to 0.95, above 0; default 0.6 as in SCARF.</value>
    public double CorruptionRate { get; set; } = 0.6;

    /// <summary>Rows of each outer step that are told apart, or from which a feature is restored.</summary>
    /// <value>At least 2; default 128.</value>
    public int BatchSize { get; set; } = 128;

    /// <summary>The largest number of outer steps.</summary>
    /// <value>At least 0; default 1,000.</value>
    public int MaximumNumberOfIterations { get; set; } = 1000;

    /// <inheritdoc cref="MetaTrainingOptions.MaximumTrainingTime"/>
    public TimeSpan? MaximumTrainingTime { get; set; }

    /// <summary>First learning rate of the outer optimiser.</summary>
    /// <value>Positive; default 0.001.</value>
    public double LearningRate { get; set; } = 0.001;

    /// <summary>Share of the rows held out to choose the best parameters.</summary>
    /// <value>From 0 (no validation, no early stopping) to 0.5; default 0.2.</value>
    public double ValidationFraction { get; set; } = 0.2;

    /// <summary>When to stop before <see cref="MaximumNumberOfIterations"/>; null never stops early.</summary>
    public EarlyStoppingOptions? EarlyStopping { get; set; } = new();

    /// <summary>Seed of every random choice.</summary>
    /// <value>Null (default): that of the MLContext, or 0 where there is none.</value>
    public int? Seed { get; set; }

    /// <inheritdoc cref="MetaTrainingOptions.Device"/>
    public string? Device { get; set; }

    /// <summary>Told of every outer step, on the training thread.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <inheritdoc cref="MetaTrainingOptions.CancellationToken"/>
    public CancellationToken CancellationToken { get; set; }

    /// <inheritdoc cref="MetaTrainingOptions.KeepBestWhenCancelled"/>
    public bool KeepBestWhenCancelled { get; set; }

    /// <inheritdoc cref="MetaTrainingOptions.CheckpointPath"/>
    public string? CheckpointPath { get; set; }

    /// <inheritdoc cref="MetaTrainingOptions.CheckpointInterval"/>
    public int CheckpointInterval { get; set; } = 100;

    /// <inheritdoc cref="MetaTrainingOptions.FallbackToCpu"/>
    internal bool FallbackToCpu { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it, the range and the value.</exception>
    public virtual void Validate()
    {
        OptionCheck.Defined(this, nameof(Objective), Objective);
        OptionCheck.Positive(this, nameof(CorruptionRate), CorruptionRate);
        OptionCheck.InRange(this, nameof(CorruptionRate), CorruptionRate, 0, 0.95);
        OptionCheck.AtLeast<int>(this, nameof(BatchSize), BatchSize, 2);
        OptionCheck.AtLeast<int>(this, nameof(MaximumNumberOfIterations), MaximumNumberOfIterations, 0);
        OptionCheck.Positive(this, nameof(MaximumTrainingTime), MaximumTrainingTime);
        OptionCheck.Positive(this, nameof(LearningRate), LearningRate);
        OptionCheck.InRange(this, nameof(ValidationFraction), ValidationFraction, 0, 0.5);
        OptionCheck.NotBlank(this, nameof(CheckpointPath), CheckpointPath);
        OptionCheck.AtLeast<int>(this, nameof(CheckpointInterval), CheckpointInterval, 1);
        TrainingDevice.Parse(this, Device);
        OptionNames.Check(this, nameof(Encoder), Encoder);
        Encoder?.Validate();
        EarlyStopping?.Validate();
    }
}
