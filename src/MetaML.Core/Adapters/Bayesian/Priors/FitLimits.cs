namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>Limits of a fit of the prior by empirical Bayes. A fit that reaches a limit returns its best prior so far.</summary>
/// <param name="Iterations">The largest number of steps of each search.</param>
/// <param name="IsTimeUp">Whether the fit must end now; it is asked before each step, on the thread that fits.</param>
internal sealed record FitLimits(int Iterations, Func<bool> IsTimeUp)
{
    /// <summary>The stricter of two limits on steps, and the time of the training.</summary>
    public static FitLimits Of(int iterations, PriorLimits training) => new(Math.Min(iterations, training.Iterations), training.IsTimeUp);

    /// <summary>A limit on steps alone.</summary>
    public static FitLimits OfSteps(int iterations) => new(iterations, () => false);
}
