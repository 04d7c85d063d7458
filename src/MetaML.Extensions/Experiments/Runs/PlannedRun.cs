using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The plan of a run of a strategy.</summary>
/// <param name="Name">The name of the strategy.</param>
/// <param name="Kind">The kind of the strategy.</param>
/// <param name="Create">Creates the strategy with its name, and with a progress listener and a cancellation token for one run.</param>
internal sealed record PlannedRun(string Name, StrategyKind Kind, Func<string, IProgress<TrainingProgress>?, CancellationToken, LearningStrategy> Create)
{
    /// <summary>The number of outer steps; null unless the strategy is meta-trained.</summary>
    public int? Iterations { get; init; }

    /// <summary>The round of successive halving, from 1; null if the strategy is not part of the search.</summary>
    public int? Round { get; init; }

    /// <summary>The name of the strategy of which this is a variant with other options; its own name if it is none.</summary>
    public string Family { get; init; } = Name;

    /// <summary>The plan of a strategy without progress listener and cancellation token.</summary>
    public static PlannedRun Of(LearningStrategy strategy) => new(strategy.Name, strategy.Kind, (_, _, _) => strategy);

    /// <summary>Creates the strategy for one run.</summary>
    public LearningStrategy Strategy(IProgress<TrainingProgress>? progress, CancellationToken token) => Create(Name, progress, token);

    /// <summary>The estimator, without progress listener and cancellation token of the experiment.</summary>
    public IEstimator<ITransformer>? Estimator => Strategy(null, CancellationToken.None).Estimator;
}
