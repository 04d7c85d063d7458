namespace MetaML.Extensions.Reporting.Figures;

/// <summary>The mean score of a strategy.</summary>
internal sealed record StrategyScore(string Strategy, StrategyKind Kind, MeanInterval Score);
