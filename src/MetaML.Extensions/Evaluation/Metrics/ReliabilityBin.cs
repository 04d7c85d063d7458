namespace MetaML;

/// <summary>The rows whose predicted probability lies in one interval.</summary>
/// <param name="RowCount">Number of these rows.</param>
/// <param name="MeanProbability">The mean of their predicted probabilities; NaN without rows.</param>
/// <param name="Frequency">The share of them for which the prediction was true; NaN without rows.</param>
public readonly record struct ReliabilityBin(long RowCount, double MeanProbability, double Frequency);
