using System.Numerics.Tensors;
using MetaML.Adapters.Logistic;
using MetaML.Heads;

namespace MetaML.Models;

/// <summary>Newton steps from an adapted head towards the fit of the task's rows: see <see cref="AdaptationOptions.RefinementSteps"/>.</summary>
internal static class HeadRefinement
{
    /// <summary>Refines a head. Returns the head itself if the options set no steps, or the task has no rows.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="head">The head from the adapter, for standardised labels.</param>
    /// <param name="rows">The task.</param>
    /// <param name="options">The number of steps, and the weight of the head.</param>
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
        var fit = new PenalizedFit(kind, rows, head, options.RefinementPriorRows * meanSquare, options.RefinementPriorRows, head.Counts is { } counts ? new CountLikelihood(counts.Dispersion) : null);
        return fit.ToHead(fit.Minimize(options.RefinementSteps)) with { PredictiveVariance = head.PredictiveVariance, Counts = head.Counts };
    }
}
