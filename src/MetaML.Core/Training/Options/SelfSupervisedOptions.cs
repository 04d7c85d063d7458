using MetaML.Options;

namespace MetaML;

/// <summary>Options of training an encoder from features without labels.</summary>
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

    /// <summary>The network.</summary>
    /// <value>Null (default) for a convolutional encoder on images, and a multi-layer perceptron on other features.</value>
    public EncoderOptions? Encoder { get; set; }

    /// <summary>The objective of training.</summary>
    /// <value>Default <see cref="SelfSupervision.Contrastive"/>.</value>
    public SelfSupervision Objective { get; set; } = SelfSupervision.Contrastive;

    /// <summary>The probability that a feature in a copy of a row is replaced by that of another row.</summary>
    /// <value>Above 0, and at most 0.95; default 0.6, as in SCARF.</value>
    public double CorruptionRate { get; set; } = 0.6;

    /// <summary>Number of rows in each outer step.</summary>
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
