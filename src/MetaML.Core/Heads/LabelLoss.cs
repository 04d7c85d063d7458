using MetaML.Episodes;
using static TorchSharp.torch;

namespace MetaML.Heads;

/// <summary>The loss of each kind of label, per task: cross-entropy for classes, squared error for values.</summary>
/// <remarks>Differentiable, by libtorch. <see cref="ScoreLoss"/> is the same loss of one row without libtorch; ScoreLossTests holds the two together.</remarks>
internal static class LabelLoss
{
    // Far below any score, yet finite: 0 · (−10⁹) is 0, where 0 · (−∞) would be NaN.
    private const double Absent = -1e9;

    /// <summary>The weighted mean loss of each task's rows; 0 for a task without rows.</summary>
    /// <param name="kind">What the labels are.</param>
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

    /// <summary>The derivative of <see cref="PerTask"/> by the scores, itself differentiable. What does not depend on the scores is made once.</summary>
    /// <returns>From scores, float [tasks, rows, outputs], to as many derivatives.</returns>
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

    /// <summary>What does not depend on the scores.</summary>
    /// <returns>Float [tasks, rows, outputs], what each output should be; [tasks, rows, 1], each row's share in the mean; [tasks, 1, outputs], what is added to scores of classes.</returns>
    public static (Tensor Targets, Tensor Shares, Tensor Absence) Constants(LabelKind kind, RowBatch rows, Tensor classMask) => (
        kind == LabelKind.Multiclass ? rows.OneHot((int)classMask.shape[1]) : rows.Labels.unsqueeze(-1),
        (rows.Weights / TotalWeight(rows)).unsqueeze(-1),
        Absence(classMask));

    /// <summary>What the scores say of each output, for classes: of label 1 (binary), or of each class; 0 for classes that the task lacks.</summary>
    /// <returns>Float [tasks, rows, outputs].</returns>
    public static Tensor Probabilities(LabelKind kind, Tensor scores, Tensor classMask) =>
        kind == LabelKind.Binary ? scores.sigmoid() : LogSoftmax(scores, classMask).exp();

    /// <summary>What <see cref="Probabilities"/> would be at best.</summary>
    /// <returns>Float [tasks, rows, outputs].</returns>
    public static Tensor Indicators(LabelKind kind, RowBatch rows, int outputs) =>
        kind == LabelKind.Binary ? rows.Labels.unsqueeze(-1) : rows.OneHot(outputs);

    // [tasks, 1]; at least a tiny number, so that a task without rows has loss 0 rather than 0 / 0.
    private static Tensor TotalWeight(RowBatch rows) => rows.Weights.sum(1L, keepdim: true).ClampMin(1e-12);

    private static Tensor LogSoftmax(Tensor scores, Tensor classMask) =>
        nn.functional.log_softmax(scores.Plus(Absence(classMask)), -1);

    // 0 for the classes that a task has: [tasks, 1, outputs]
    private static Tensor Absence(Tensor classMask) => classMask.Plus(-1).Times(-Absent).unsqueeze(1);

    // −log σ(s) for label 1 and −log σ(−s) for label 0, without overflow.
    private static Tensor LogisticLoss(Tensor scores, Tensor labels) =>
        (scores.relu() - scores * labels).Plus((-scores.abs()).exp().log1p());
}
