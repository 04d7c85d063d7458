namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Chooses the form of the prior covariance by the likelihood of tasks that were left out.</summary>
/// <remarks>
/// Each prior is learned on four fifths of the tasks and judged by the log marginal likelihood of the others, over five folds
/// (Geisser and Eddy, A predictive approach to model selection, 1979): diagonal; one factor, shrunk towards its diagonal as by
/// embedding + 1 tasks; full, shrunk by four times as many, and by as many. They set out from the diagonal one of the same
/// fold. Of more than a thousand tasks, a thousand of even distance are used.
/// </remarks>
internal static class PriorSelection
{
    private const int Folds = 5, MaximumTasks = 1000, MinimumTasks = 10;

    /// <summary>The form that serves tasks best.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">Number of outputs that mean the same in all tasks; null where they do not, so that m = 0.</param>
    /// <param name="noise">Whether tasks have noise of their own; null where it is known to be 1.</param>
    /// <param name="iterations">The largest number of steps of each fit.</param>
    public static CovarianceForm Choose(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, PriorNoise? noise, int iterations)
    {
        if (tasks.Count < MinimumTasks)
            return CovarianceForm.Diagonal;
        CovarianceForm[] candidates = [CovarianceForm.Diagonal, CovarianceForm.OneFactor(width), CovarianceForm.Full(4 * width), CovarianceForm.Full(width)]; // of equals the simplest
        double[] likelihoods = HeldOut(tasks, width, outputs, candidates, noise, iterations);
        return candidates[Array.IndexOf(likelihoods, likelihoods.Max())];
    }

    /// <summary>Log marginal likelihood of tasks that were left out, of each form.</summary>
    /// <param name="tasks">Every training task.</param>
    /// <param name="width">Embedding + 1.</param>
    /// <param name="outputs">As above.</param>
    /// <param name="candidates">The first is diagonal.</param>
    /// <param name="noise">As above.</param>
    /// <param name="iterations">As above.</param>
    public static double[] HeldOut(IReadOnlyList<TaskEvidence> tasks, int width, int? outputs, CovarianceForm[] candidates, PriorNoise? noise, int iterations)
    {
        int stride = (tasks.Count + MaximumTasks - 1) / MaximumTasks;
        TaskEvidence[] used = [.. tasks.Where((_, i) => i % stride == 0)];
        var likelihoods = new double[candidates.Length];
        for (int fold = 0; fold < Folds; fold++)
        {
            TaskEvidence[] training = [.. used.Where((_, i) => i % Folds != fold)], others = [.. used.Where((_, i) => i % Folds == fold)];
            HeadPrior prior = HeadPrior.Start(training, width, outputs ?? 1, noise);
            HeadPrior diagonal = HeadPrior.Fit(training, prior, outputs is not null, candidates[0], iterations);
            for (int c = 0; c < candidates.Length; c++)
                likelihoods[c] += (c == 0 ? diagonal : HeadPrior.Fit(training, diagonal, outputs is not null, candidates[c], iterations)).LogLikelihood(others);
        }

        return likelihoods;
    }
}
