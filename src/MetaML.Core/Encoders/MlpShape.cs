namespace MetaML.Encoders;

/// <summary>The form of a perceptron, and where its parameters lie among all of them: each layer's weights [in, out], bias, and where values are normalised gain and shift.</summary>
internal sealed class MlpShape
{
    /// <summary>Without layers: rows are embedded already.</summary>
    /// <param name="featureCount">Number of values of a row.</param>
    public MlpShape(int featureCount) => FeatureCount = featureCount;

    /// <summary>With layers.</summary>
    /// <param name="widths">Number of features of a row, and units of each layer, first to last.</param>
    /// <param name="isResidual">Whether a hidden layer's input is added to its output, from the second layer on, where the two have the same width.</param>
    /// <param name="isNormalized">Whether hidden layers' values are normalised.</param>
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

    /// <summary>First to last; only the last is not hidden.</summary>
    public IReadOnlyList<Layer> Layers { get; } = [];

    /// <summary>After each hidden layer.</summary>
    public Activation Activation { get; init; }

    /// <summary>Whether hidden layers' values are normalised before the activation.</summary>
    public bool IsNormalized { get; }

    /// <summary>Probability with which each hidden value is dropped while training.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether an embedding ends with the features themselves.</summary>
    public bool HasLinearPath { get; init; }

    /// <summary>Number of parameters.</summary>
    public int ParameterCount { get; }

    /// <summary>Number of values that the layers make of a row.</summary>
    public int OutputCount => Layers.Count == 0 ? FeatureCount : Layers[^1].Out;

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension => OutputCount + (HasLinearPath ? FeatureCount : 0);

    /// <summary>One layer.</summary>
    /// <param name="Number">Of the layer, from 0.</param>
    /// <param name="In">Number of values that it is given.</param>
    /// <param name="Out">Number of its units.</param>
    /// <param name="IsHidden">Whether it is followed by normalisation, activation and dropout.</param>
    /// <param name="IsResidual">Whether its input is added to its output.</param>
    /// <param name="Weight">Where its weights are.</param>
    public readonly record struct Layer(int Number, int In, int Out, bool IsHidden, bool IsResidual, int Weight)
    {
        /// <summary>Where its bias is.</summary>
        public int Bias => Weight + In * Out;

        /// <summary>Where the factors of its normalised values are.</summary>
        public int Gain => Bias + Out;

        /// <summary>Where the shift of its normalised values is.</summary>
        public int Shift => Gain + Out;
    }
}
