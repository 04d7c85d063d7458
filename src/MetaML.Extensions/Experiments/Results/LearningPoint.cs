namespace MetaML;

/// <summary>The state of meta-training after an outer step.</summary>
/// <param name="Iteration">The number of finished outer steps.</param>
/// <param name="TrainingLoss">The mean query loss of the tasks of the step.</param>
/// <param name="ValidationLoss">The mean query loss of the trainer's validation episodes at their last evaluation; null without validation.</param>
/// <param name="ElapsedSeconds">The time since the start of training, in seconds.</param>
/// <param name="TaskWeights">The weight λ of each training task by its name, with mean 1. Empty if all weights are equal in all steps.</param>
public sealed record LearningPoint(
    int Iteration, double TrainingLoss, double? ValidationLoss, double ElapsedSeconds, IReadOnlyDictionary<string, double> TaskWeights);
