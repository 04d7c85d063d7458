namespace MetaML;

/// <summary>The comparison of two strategies on the same rows of one task.</summary>
/// <param name="Task">The name of the task.</param>
/// <param name="Baseline">The metric of the baseline.</param>
/// <param name="Strategy">The metric of the strategy.</param>
/// <param name="Gain">The gain of the strategy over the baseline, in units of the metric. It is positive if the strategy is better, even if smaller values of the metric are better.</param>
public sealed record TaskComparison(string Task, double Baseline, double Strategy, double Gain);
