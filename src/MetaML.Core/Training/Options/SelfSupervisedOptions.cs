using MetaML.Options;

namespace MetaML;

/// <summary>How to learn an encoder from features alone.</summary>
public record SelfSupervisedOptions : TrainingLoopOptions
{
    /// <summary>Options with their defaults.</summary>
    public SelfSupervisedOptions() => LearningRate = 0.001;

#pragma warning disable CS8618 // all fields are copied
    /// <summary>A copy that shares no mutable part with the original.</summary>
    /// <param name="original">The options to copy.</param>
    protected SelfSupervisedOptions(SelfSupervisedOptions original)
        : base(original)
    {
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

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it, the range and the value.</exception>
    public virtual void Validate()
    {
        ValidateLoop();
        OptionCheck.Defined(this, nameof(Objective), Objective);
        OptionCheck.Positive(this, nameof(CorruptionRate), CorruptionRate);
        OptionCheck.InRange(this, nameof(CorruptionRate), CorruptionRate, 0, 0.95);
        OptionCheck.AtLeast<int>(this, nameof(BatchSize), BatchSize, 2);
        OptionNames.Check(this, nameof(Encoder), Encoder);
        Encoder?.Validate();
    }
}
