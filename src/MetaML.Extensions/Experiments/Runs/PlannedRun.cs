using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>A strategy to be tried.</summary>
/// <param name="Name">The strategy's name.</param>
/// <param name="Kind">What it learns from.</param>
/// <param name="Strategy">Makes it, with a listener and a token that are the run's alone.</param>
internal sealed record PlannedRun(string Name, StrategyKind Kind, Func<IProgress<TrainingProgress>?, CancellationToken, LearningStrategy> Strategy)
{
    /// <summary>Outer steps; null unless it is meta-trained.</summary>
    public int? Iterations { get; init; }

    /// <summary>Round of successive halving, from 1.</summary>
    public int? Round { get; init; }

    /// <summary>A strategy that listens to nobody.</summary>
    public static PlannedRun Of(LearningStrategy strategy) => new(strategy.Name, strategy.Kind, (_, _) => strategy);

    /// <summary>The estimator as a user would make it.</summary>
    public IEstimator<ITransformer>? Estimator => Strategy(null, CancellationToken.None).Estimator;
}
