namespace MetaML;

/// <summary>Two strategies on the same rows of one task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Baseline">The baseline's metric.</param>
/// <param name="Strategy">The strategy's metric.</param>
/// <param name="Gain">How much better the strategy is, in units of the metric: positive where it is better, whichever way the metric runs.</param>
public sealed record TaskComparison(string Task, double Baseline, double Strategy, double Gain);
