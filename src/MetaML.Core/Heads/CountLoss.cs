using MetaML.Episodes;

namespace MetaML.Heads;

/// <summary>The loss of each task whose labels are counts: −log p(y).</summary>
/// <remarks>Computed by libtorch and differentiable, also by the dispersion.</remarks>
internal static class CountLoss
{
    /// <summary>The weighted mean loss of each task's rows; 0 for a task without rows.</summary>
    /// <param name="scores">Float [tasks, rows, 1]: logarithms of rates.</param>
    /// <param name="rows">Counts, weights and exposures.</param>
    /// <param name="logDispersion">log φ: float [1]; null for Poisson.</param>
    /// <returns>Float [tasks].</returns>
    public static Tensor PerTask(Tensor scores, RowBatch rows, Tensor? logDispersion)
    {
        Tensor f = WithExposures(scores, rows).squeeze(-1), y = rows.Labels, constant = y.Plus(1).lgamma();
        Tensor losses; // [tasks, rows]
        if (logDispersion is null)
        {
            losses = (f.exp() - y * f).Plus(constant);
        }
        else
        {
            Tensor centred = f.Plus(logDispersion), size = (-logDispersion).exp(), total = y.Plus(size);
            losses = (total * centred.relu().Plus((-centred.abs()).exp().log1p()) - y * centred - total.lgamma()).Plus(size.lgamma()).Plus(constant);
        }

        return (losses * rows.Weights).sum(1L) / rows.Weights.sum(1L).ClampMin(1e-12);
    }

    /// <summary>Scores plus the logarithms of the exposures.</summary>
    /// <param name="scores">Float [tasks, rows, 1].</param>
    /// <param name="rows">The exposures.</param>
    public static Tensor WithExposures(Tensor scores, RowBatch rows) => rows.Exposures is { } exposures ? scores.Plus(exposures.log().unsqueeze(-1)) : scores;
}
