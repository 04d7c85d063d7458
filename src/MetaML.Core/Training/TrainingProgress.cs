namespace MetaML.Training;

/// <summary>Where meta-training stands after an outer step.</summary>
/// <param name="Iteration">Outer steps done.</param>
/// <param name="MaximumNumberOfIterations">Outer steps at the most.</param>
/// <param name="TrainingLoss">Mean query loss of the step's tasks.</param>
/// <param name="ValidationLoss">Mean query loss of the validation episodes when last judged; null without validation.</param>
/// <param name="Elapsed">Time since training began.</param>
public readonly record struct TrainingProgress(
    int Iteration, int MaximumNumberOfIterations, double TrainingLoss, double? ValidationLoss, TimeSpan Elapsed)
{
    /// <summary>How much each training task counts, by its name; mean 1.</summary>
    public IEnumerable<KeyValuePair<string, double>> TaskWeights { get; init; } = [];
}
