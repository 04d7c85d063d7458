using MetaML.Encoders;
using MetaML.Encoders.Mlp;
using MetaML.Options;
using MetaML.Parameters;

namespace MetaML;

/// <summary>A multi-layer perceptron: hidden layers, then a linear layer to the embedding.</summary>
/// <example>
/// <code>
/// var options = new MetaLearnerOptions
/// {
///     Encoder = new MlpEncoderOptions { HiddenUnits = [128, 128], LayerNormalization = true, Residual = true, Dropout = 0.1 },
/// };
/// ITransformer trained = ml.Regression.Trainers.MetaLearner(options).Fit(trainingTasks);
/// </code>
/// </example>
[SavedName("mlp")]
public sealed record MlpEncoderOptions : EncoderOptions
{
    /// <summary>Options with their defaults.</summary>
    public MlpEncoderOptions()
    {
    }

#pragma warning disable CS8618 // all fields are copied
    private MlpEncoderOptions(MlpEncoderOptions original)
        : base(original)
    {
        OptionCopy.Fields(original, this);
    }
#pragma warning restore CS8618

    /// <summary>Number of units of each hidden layer, first to last.</summary>
    /// <value>Each at least 1; an empty list makes the encoder linear. Default 128, 64.</value>
    public int[] HiddenUnits { get; set; } = [128, 64];

    /// <summary>Number of values of an embedding.</summary>
    /// <value>At least 1; default 50.</value>
    public int EmbeddingDimension { get; set; } = 50;

    /// <summary>The non-linearity after each hidden layer.</summary>
    /// <value>Default <see cref="Activation.Relu"/>.</value>
    public Activation Activation { get; set; } = Activation.Relu;

    /// <summary>Whether the values of each hidden layer are normalised per row before the activation, with learned scale and shift (Ba et al., 2016, arXiv 1607.06450).</summary>
    /// <value>Default false.</value>
    public bool LayerNormalization { get; set; }

    /// <summary>Whether the input of a hidden layer is added to its output, from the second layer on, if the two have the same width.</summary>
    /// <value>Default false.</value>
    public bool Residual { get; set; }

    /// <summary>The probability that a hidden value is set to 0 in training.</summary>
    /// <value>From 0 to 0.95; default 0.</value>
    public double Dropout { get; set; }

    /// <summary>Whether the embedding contains the features in addition to the output of the layers.</summary>
    /// <value>Default false. Useful for tabular data, where much of the relation is often linear. Not for sparse features, which are too many.</value>
    public bool LinearPath { get; set; }

    internal override bool EmbedsAlike => Dropout == 0;

    /// <inheritdoc/>
    public override IEncoder Create(int featureCount) => new MlpEncoder(featureCount, this);

    /// <inheritdoc/>
    public override bool Has(ParameterRole role) => role is ParameterRole.Weight or ParameterRole.Bias || (LayerNormalization && HiddenUnits.Length > 0);

    /// <inheritdoc/>
    public override void Validate()
    {
        OptionCheck.NotNull(this, nameof(HiddenUnits), HiddenUnits);
        foreach (int units in HiddenUnits)
            OptionCheck.InRange(this, nameof(HiddenUnits), units, 1, 65_536);
        OptionCheck.InRange(this, nameof(EmbeddingDimension), EmbeddingDimension, 1, 65_536);
        OptionCheck.Defined(this, nameof(Activation), Activation);
        OptionCheck.InRange(this, nameof(Dropout), Dropout, 0, 0.95);
    }
}
