namespace MetaML;

/// <summary>Where meta-training stood after an outer step.</summary>
/// <param name="Iteration">Outer steps done.</param>
/// <param name="TrainingLoss">Mean query loss of the step's tasks.</param>
/// <param name="ValidationLoss">Mean query loss of the trainer's own validation episodes when last judged; null without validation.</param>
/// <param name="ElapsedSeconds">Time since training began.</param>
/// <param name="TaskWeights">λ: how much each training task counts, by its name; mean 1. Empty where all count alike throughout.</param>
public sealed record LearningPoint(
    int Iteration, double TrainingLoss, double? ValidationLoss, double ElapsedSeconds, IReadOnlyDictionary<string, double> TaskWeights);
