namespace MetaML.Extensions.Reporting.Figures;

/// <summary>What a strategy came to.</summary>
internal sealed record StrategyScore(string Strategy, StrategyKind Kind, MeanInterval Score);
