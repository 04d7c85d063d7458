namespace MetaML.Data;

/// <summary>The rule for labels that are counts, and for exposures.</summary>
internal static class CountRule
{
    /// <summary>Whether a label is a count.</summary>
    public static bool IsValid(float label) => label >= 0 && label == MathF.Floor(label) && float.IsFinite(label);

    /// <summary>Throws unless labels and exposures fit the likelihood.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="areCounts">Whether labels are counts.</param>
    /// <exception cref="ArgumentException">A count is negative or fractional, or there are exposures of labels that are not counts.</exception>
    public static void Check(TaskSet tasks, bool areCounts)
    {
        foreach (LearningTask task in tasks.Tasks)
        {
            if (areCounts && Array.FindIndex(task.Labels, label => !IsValid(label)) is >= 0 and int invalid)
                throw new ArgumentException($"Counts must be 0, 1, 2 and so on; got {task.Labels[invalid]} in task '{task.Name}'. A Poisson or negative binomial distribution gives it no probability. Correct the label, or set ValueLikelihood to Gaussian.", nameof(tasks));
            if (!areCounts && task.Exposures is not null)
                throw new ArgumentException($"Rows must have exposures only if labels are counts; got an exposure in task '{task.Name}'. It would have no effect. Use BayesianAdapterOptions with the ValueLikelihood Poisson or NegativeBinomial, or leave the exposures out.", nameof(tasks));
        }
    }
}
