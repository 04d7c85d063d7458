namespace MetaML.Encoders;

/// <summary>The shape of a multi-layer perceptron, and the offsets of its parameters in one array. Each layer has weights [in, out], a bias, and, with normalisation, a gain and a shift.</summary>
internal sealed class MlpShape
{
    /// <summary>A network without layers, for embedded rows.</summary>
    /// <param name="featureCount">Number of values of a row.</param>
    public MlpShape(int featureCount) => FeatureCount = featureCount;

    /// <summary>A network with layers.</summary>
    /// <param name="widths">Number of features of a row, then the number of units of each layer, first to last.</param>
    /// <param name="isResidual">Whether a hidden layer's input is added to its output, from the second layer on, if the two have the same width.</param>
    /// <param name="isNormalized">Whether the values of hidden layers are normalised.</param>
    public MlpShape(ReadOnlySpan<int> widths, bool isResidual, bool isNormalized)
        : this(widths[0])
    {
        IsNormalized = isNormalized;
        var layers = new Layer[widths.Length - 1];
        for (int l = 0; l < layers.Length; l++)
        {
            var (input, output, isHidden) = (widths[l], widths[l + 1], l < layers.Length - 1);
            layers[l] = new Layer(l, input, output, isHidden, isHidden && isResidual && l > 0 && input == output, ParameterCount);
            ParameterCount += (input + 1) * output + (isHidden && IsNormalized ? 2 * output : 0);
        }

        Layers = layers;
    }

    /// <summary>Number of features of a row.</summary>
    public int FeatureCount { get; }

    /// <summary>The layers, first to last. All but the last are hidden layers.</summary>
    public IReadOnlyList<Layer> Layers { get; } = [];

    /// <summary>The activation after each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether the values of hidden layers are normalised before the activation.</summary>
    public bool IsNormalized { get; }

    /// <summary>The probability that a hidden value is set to 0 in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether an embedding ends with the features.</summary>
    public bool HasLinearPath { get; init; }

    /// <summary>Number of parameters.</summary>
    public int ParameterCount { get; }

    /// <summary>Number of values of the last layer, or of features without layers.</summary>
    public int OutputCount => Layers.Count == 0 ? FeatureCount : Layers[^1].Out;

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension => OutputCount + (HasLinearPath ? FeatureCount : 0);

    /// <summary>The same network for rows of some of the features.</summary>
    /// <param name="count">Number of these features.</param>
    public MlpShape WithFeatures(int count) => new([count, .. Layers.Select(layer => layer.Out)], Layers.Any(layer => layer.IsResidual), IsNormalized)
    {
        Activation = Activation,
        Dropout = Dropout,
        HasLinearPath = HasLinearPath,
    };

    /// <summary>One layer.</summary>
    /// <param name="Number">The index of the layer, from 0.</param>
    /// <param name="In">Number of inputs.</param>
    /// <param name="Out">Number of units.</param>
    /// <param name="IsHidden">Whether it is followed by normalisation, activation and dropout.</param>
    /// <param name="IsResidual">Whether its input is added to its output.</param>
    /// <param name="Weight">The offset of its weights.</param>
    public readonly record struct Layer(int Number, int In, int Out, bool IsHidden, bool IsResidual, int Weight)
    {
        /// <summary>The offset of its bias.</summary>
        public int Bias => Weight + In * Out;

        /// <summary>The offset of the factors of its normalised values.</summary>
        public int Gain => Bias + Out;

        /// <summary>The offset of the shifts of its normalised values.</summary>
        public int Shift => Gain + Out;
    }
}
