using System.Numerics.Tensors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;

namespace MetaML.Models;

/// <summary>Newton's steps from an adapted head towards what the task's rows alone say: see <see cref="AdaptationOptions.RefinementSteps"/>.</summary>
internal static class HeadRefinement
{
    /// <summary>The refined head; the head itself where no steps are asked for, or the task has no rows.</summary>
    /// <param name="kind">What the labels are.</param>
    /// <param name="head">As the adapter made it, for labels as they are learned.</param>
    /// <param name="rows">The task.</param>
    /// <param name="options">How many steps, and how much the head counts.</param>
    public static LinearHead Refine(LabelKind kind, LinearHead head, EmbeddedTask rows, AdaptationOptions options)
    {
        if (options.RefinementSteps == 0 || rows.RowCount == 0)
            return head;
        double squares = 0, weight = 0;
        for (int row = 0; row < rows.RowCount; row++)
        {
            squares += rows.Weights[row] * TensorPrimitives.SumOfSquares(rows.Row(row)) / rows.Dimension;
            weight += rows.Weights[row];
        }

        double meanSquare = squares > 0 ? squares / weight : 1;
        var fit = new PenalizedFit(kind, rows, head, options.RefinementPriorRows * meanSquare, options.RefinementPriorRows);
        return fit.ToHead(fit.Minimize(options.RefinementSteps)) with { PredictiveVariance = head.PredictiveVariance };
    }
}
