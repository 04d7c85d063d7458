using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>The shape of an adapter's heads: the label kind, and the numbers of inputs and outputs.</summary>
/// <param name="Kind">The kind of label.</param>
/// <param name="EmbeddingDimension">Number of values of an embedding.</param>
/// <param name="CommonOutputs">Number of outputs if all tasks have the same outputs; null if each task has its own classes.</param>
public sealed record HeadShape(LabelKind Kind, int EmbeddingDimension, int? CommonOutputs)
{
    /// <summary>Whether all tasks have the same outputs. If so, a prior for a task without rows can be learned.</summary>
    public bool HasCommonOutputs => CommonOutputs is not null;

    /// <summary>The encoder's parameters, for adapters that change them.</summary>
    public IReadOnlyList<ParameterSpec> EncoderParameters { get; init; } = [];
}
