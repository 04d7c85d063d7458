namespace MetaML.Adapters;

/// <summary>Chooses the form of the prior covariance by the likelihood of tasks that were left out.</summary>
/// <remarks>
/// Each prior is learned on two thirds of the tasks and judged by the log marginal likelihood of the others, over three folds
/// (Geisser and Eddy, A predictive approach to model selection, 1979): diagonal; one factor; full, shrunk towards its diagonal
/// as by four times embedding + 1 tasks, and by as many.
/// Of more than a thousand tasks, a thousand of even distance are used.
/// </remarks>
internal static class PriorSelection
{
    private const int Folds = 3, MaximumTasks = 1000, MinimumTasks = 10;

    /// <summary>The form that serves tasks best.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="start">A diagonal prior of all tasks, from where the others set out.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks.</param>
    /// <param name="noise">Whether tasks have noise of their own.</param>
    /// <param name="iterations">The largest number of steps of each fit.</param>
    public static CovarianceForm Choose(IReadOnlyList<TaskEvidence> tasks, int width, EmpiricalBayes start, bool hasMean, PriorNoise noise, int iterations)
    {
        if (tasks.Count < MinimumTasks)
            return CovarianceForm.Diagonal;
        int stride = (tasks.Count + MaximumTasks - 1) / MaximumTasks;
        TaskEvidence[] used = [.. tasks.Where((_, i) => i % stride == 0)];
        CovarianceForm best = CovarianceForm.Diagonal;
        double bestLikelihood = double.NegativeInfinity;
        CovarianceForm[] candidates = [CovarianceForm.Diagonal, CovarianceForm.OneFactor, CovarianceForm.Full(4 * width), CovarianceForm.Full(width)]; // of equals the simplest
        foreach (CovarianceForm candidate in candidates)
        {
            double likelihood = Enumerable.Range(0, Folds).Sum(fold => EmpiricalBayes
                .Fit([.. used.Where((_, i) => i % Folds != fold)], width, hasMean ? start.Outputs : null, candidate, noise, iterations, start, EmpiricalBayes.CoarseTolerance)
                .LogLikelihood([.. used.Where((_, i) => i % Folds == fold)]));
            if (likelihood > bestLikelihood)
                (best, bestLikelihood) = (candidate, likelihood);
        }

        return best;
    }
}
