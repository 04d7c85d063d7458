namespace MetaML;

/// <summary>The parameters that gradient steps change for a task.</summary>
/// <remarks>Adaptation needs libtorch only for steps inside an encoder that is not a multi-layer perceptron.</remarks>
public enum GradientScope
{
    /// <summary>Only the linear head (ANIL). Adaptation is fast.</summary>
    Head,

    /// <summary>The head and the whole encoder (MAML). Each task has its own network.</summary>
    All,

    /// <summary>A few context parameters that shift the encoder's first layer (CAVIA). Each task has its own bias of this layer.</summary>
    Context,

    /// <summary>The scale and shift of each hidden layer (FiLM). The encoder must normalise its layers.</summary>
    Film,
}
