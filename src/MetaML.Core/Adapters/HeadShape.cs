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

    /// <summary>Number of covariates of a task. The mean of the prior depends on them.</summary>
    public int CovariateCount { get; init; }

    /// <summary>The names of the levels of groups that tasks are in, the outermost first; empty for none.</summary>
    internal IReadOnlyList<string> GroupNames { get; init; } = [];

    /// <summary>The names of the values of an embedding, if embeddings are features and features have names; else empty.</summary>
    public IReadOnlyList<string> InputNames { get; init; } = [];
}
