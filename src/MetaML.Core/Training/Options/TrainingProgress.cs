namespace MetaML;

/// <summary>Where meta-training stands after an outer step.</summary>
/// <param name="Iteration">Outer steps done.</param>
/// <param name="MaximumNumberOfIterations">Outer steps at the most.</param>
/// <param name="TrainingLoss">Mean query loss of the step's tasks.</param>
/// <param name="ValidationLoss">Mean query loss of the validation episodes when last evaluated; null without validation.</param>
/// <param name="Elapsed">Time since training began.</param>
public readonly record struct TrainingProgress(
    int Iteration, int MaximumNumberOfIterations, double TrainingLoss, double? ValidationLoss, TimeSpan Elapsed)
{
    /// <summary>What is being trained for: with joint training its first half is Joint, and its second, of the adapter alone, Meta. Each counts its iterations anew.</summary>
    public TrainingObjective Objective { get; init; }

    /// <summary>How much of <see cref="TrainingLoopOptions.MaximumTrainingTime"/> is gone, from 0 to 1; 0 where there is no limit.</summary>
    public double TimeShare { get; init; }

    /// <summary>How much each training task counts, by its name; mean 1.</summary>
    public IEnumerable<KeyValuePair<string, double>> TaskWeights { get; init; } = [];
}
