using static TorchSharp.torch;

namespace MetaML.Episodes;

/// <summary>Rows of several tasks, padded to the largest task. Padding has weight 0 and no effect.</summary>
/// <param name="features">Float [tasks, rows, features]; of a sparse store, a sparse tensor in coordinate form.</param>
/// <param name="labels">Float [tasks, rows]: 0 or 1, the output's number, or the value.</param>
/// <param name="weights">Float [tasks, rows]: example weights; 0 where padded.</param>
/// <remarks>The creator of the batch owns the tensors.</remarks>
public sealed class RowBatch(Tensor features, Tensor labels, Tensor weights)
{
    /// <summary>Float [tasks, rows, features]; of a sparse store, a sparse tensor in coordinate form.</summary>
    public Tensor Features { get; } = features;

    /// <summary>Float [tasks, rows]: 0 or 1, the output's number, or the value.</summary>
    public Tensor Labels { get; } = labels;

    /// <summary>Float [tasks, rows]: example weights; 0 where padded.</summary>
    public Tensor Weights { get; } = weights;

    /// <summary>Float [tasks, rows]: the exposures of counts, 1 where padded; null if all are 1.</summary>
    internal Tensor? Exposures { get; init; }

    /// <summary>The labels as indicators.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <returns>Float [tasks, rows, classes], 1 at the label; owned by the current dispose scope.</returns>
    public Tensor OneHot(int classes) =>
        Labels.unsqueeze(-1).eq(tensor(Array.ConvertAll<int, double>([.. Enumerable.Range(0, classes)], k => k), dtype: Labels.dtype, device: Labels.device)).to(Labels.dtype);
}
