namespace MetaML.Adapters;

/// <summary>Chooses between a diagonal and a full prior covariance by the likelihood of tasks that were left out.</summary>
/// <remarks>
/// Each prior is learned on four fifths of the tasks and judged by the log marginal likelihood of the others (five folds,
/// Geisser and Eddy 1979). Full ones are shrunk towards their diagonal as by embedding + 1, and by four times as many, tasks.
/// Of more than a thousand tasks, a thousand of even distance are used.
/// </remarks>
internal static class PriorSelection
{
    private const int Folds = 5, MaximumTasks = 1000, MinimumTasks = 10;

    /// <summary>ν of the full covariance, or null for the diagonal one.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="start">A diagonal prior of all tasks, from where the others set out.</param>
    /// <param name="hasMean">Whether outputs mean the same in all tasks.</param>
    /// <param name="noise">Whether tasks have noise of their own.</param>
    /// <param name="iterations">The largest number of steps of each fit.</param>
    public static double? Choose(IReadOnlyList<TaskEvidence> tasks, int width, EmpiricalBayes start, bool hasMean, PriorNoise noise, int iterations)
    {
        if (tasks.Count < MinimumTasks)
            return null;
        int stride = (tasks.Count + MaximumTasks - 1) / MaximumTasks;
        TaskEvidence[] used = [.. tasks.Where((_, i) => i % stride == 0)];
        double? best = null;
        double bestLikelihood = double.NegativeInfinity;
        foreach (double? candidate in new double?[] { null, 4 * width, width }) // of equals the simplest
        {
            double likelihood = Enumerable.Range(0, Folds).Sum(fold => EmpiricalBayes
                .Fit([.. used.Where((_, i) => i % Folds != fold)], width, hasMean ? start.Outputs : null, candidate, noise, iterations, start)
                .LogLikelihood([.. used.Where((_, i) => i % Folds == fold)]));
            if (likelihood > bestLikelihood)
                (best, bestLikelihood) = (candidate, likelihood);
        }

        return best;
    }
}
