using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>What an adapter's heads map from and to.</summary>
/// <param name="Kind">What the labels are.</param>
/// <param name="EmbeddingDimension">Number of values of an embedding.</param>
/// <param name="CommonOutputs">Number of outputs where it is the same, with the same meaning, for all tasks; null where each task has classes of its own.</param>
public sealed record HeadShape(LabelKind Kind, int EmbeddingDimension, int? CommonOutputs)
{
    /// <summary>Whether all tasks' outputs mean the same, so that a prior for a task without rows can be learned.</summary>
    public bool HasCommonOutputs => CommonOutputs is not null;

    /// <summary>The encoder's parameters, for adapters that change them.</summary>
    public IReadOnlyList<ParameterSpec> EncoderParameters { get; init; } = [];
}
