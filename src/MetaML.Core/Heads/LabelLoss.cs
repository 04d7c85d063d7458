using MetaML.Episodes;
using static TorchSharp.torch;

namespace MetaML.Heads;

/// <summary>The loss of each task: cross-entropy for classes, squared error for values.</summary>
/// <remarks>Computed by libtorch and differentiable. <see cref="ScoreLoss"/> is the same loss of one row without libtorch; ScoreLossTests compares the two.</remarks>
internal static class LabelLoss
{
    // Far below any score, but finite: 0 · (−10⁹) is 0, whereas 0 · (−∞) is NaN.
    private const double Absent = -1e9;

    /// <summary>The weighted mean loss of each task's rows; 0 for a task without rows.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="scores">Float [tasks, rows, outputs].</param>
    /// <param name="rows">Labels and weights.</param>
    /// <param name="classMask">Float [tasks, outputs].</param>
    /// <returns>Float [tasks].</returns>
    public static Tensor PerTask(LabelKind kind, Tensor scores, RowBatch rows, Tensor classMask)
    {
        Tensor losses = kind switch // [tasks, rows]
        {
            LabelKind.Binary => LogisticLoss(scores.squeeze(-1), rows.Labels),
            LabelKind.Multiclass => -(LogSoftmax(scores, classMask) * rows.OneHot((int)scores.shape[2])).sum(-1L),
            _ => (scores.squeeze(-1) - rows.Labels).Squared(),
        };
        return (losses * rows.Weights).sum(1L) / TotalWeight(rows).squeeze(1);
    }

    /// <summary>The derivative of <see cref="PerTask"/> by the scores, itself differentiable. The tensors that do not depend on the scores are computed once.</summary>
    /// <returns>A function from scores, float [tasks, rows, outputs], to derivatives of the same shape.</returns>
    public static Func<Tensor, Tensor> Gradient(LabelKind kind, RowBatch rows, Tensor classMask)
    {
        var (targets, shares, absence) = Constants(kind, rows, classMask);
        if (kind == LabelKind.Regression)
        {
            Tensor twice = shares.Times(2);
            return scores => (scores - targets) * twice;
        }

        return scores => ((kind == LabelKind.Binary ? scores.sigmoid() : nn.functional.softmax(scores.Plus(absence), -1)) - targets) * shares;
    }

    /// <summary>The tensors of the loss that do not depend on the scores.</summary>
    /// <returns>The targets, float [tasks, rows, outputs]; the share of each row in the mean, [tasks, rows, 1]; the numbers that mask the scores of absent classes, [tasks, 1, outputs].</returns>
    public static (Tensor Targets, Tensor Shares, Tensor Absence) Constants(LabelKind kind, RowBatch rows, Tensor classMask) => (
        kind == LabelKind.Multiclass ? rows.OneHot((int)classMask.shape[1]) : rows.Labels.unsqueeze(-1),
        (rows.Weights / TotalWeight(rows)).unsqueeze(-1),
        Absence(classMask));

    /// <summary>Probabilities from scores: of label 1 (binary), or of each class; 0 for classes that the task lacks.</summary>
    /// <returns>Float [tasks, rows, outputs].</returns>
    public static Tensor Probabilities(LabelKind kind, Tensor scores, Tensor classMask) =>
        kind == LabelKind.Binary ? scores.sigmoid() : LogSoftmax(scores, classMask).exp();

    /// <summary>The targets of <see cref="Probabilities"/>: 1 for the class of the label, else 0.</summary>
    /// <returns>Float [tasks, rows, outputs].</returns>
    public static Tensor Indicators(LabelKind kind, RowBatch rows, int outputs) =>
        kind == LabelKind.Binary ? rows.Labels.unsqueeze(-1) : rows.OneHot(outputs);

    // [tasks, 1]. At least a tiny number, so that the loss of a task without rows is 0, not 0 / 0.
    private static Tensor TotalWeight(RowBatch rows) => rows.Weights.sum(1L, keepdim: true).ClampMin(1e-12);

    private static Tensor LogSoftmax(Tensor scores, Tensor classMask) =>
        nn.functional.log_softmax(scores.Plus(Absence(classMask)), -1);

    // [tasks, 1, outputs]: 0 for the classes of a task, else a large negative number.
    private static Tensor Absence(Tensor classMask) => classMask.Plus(-1).Times(-Absent).unsqueeze(1);

    // −log σ(s) for label 1 and −log σ(−s) for label 0, without overflow.
    private static Tensor LogisticLoss(Tensor scores, Tensor labels) =>
        (scores.relu() - scores * labels).Plus((-scores.abs()).exp().log1p());
}
