namespace MetaML;

/// <summary>How a <see cref="Bandit{TRow}"/> chooses among actions.</summary>
public enum BanditMethod
{
    /// <summary>An action is chosen with the probability that it is the best, given what is known (Thompson sampling).</summary>
    ThompsonSampling,

    /// <summary>The action whose score could be the largest is chosen: the mean plus <see cref="BanditOptions.UpperBoundDeviations"/> standard deviations.</summary>
    UpperConfidenceBound,
}
