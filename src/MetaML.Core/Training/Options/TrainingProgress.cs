namespace MetaML;

/// <summary>The progress of training after an outer step.</summary>
/// <param name="Iteration">Number of completed outer steps.</param>
/// <param name="MaximumNumberOfIterations">The largest number of outer steps.</param>
/// <param name="TrainingLoss">Mean query loss of the step's tasks.</param>
/// <param name="ValidationLoss">Mean query loss of the validation episodes at the last validation; null without validation.</param>
/// <param name="Elapsed">Time since the start of training.</param>
public readonly record struct TrainingProgress(
    int Iteration, int MaximumNumberOfIterations, double TrainingLoss, double? ValidationLoss, TimeSpan Elapsed)
{
    /// <summary>The objective of the current part of training. In joint training the first half, of the encoder, is Joint, and the second half, of the adapter, is Meta. Each half counts its own iterations.</summary>
    public TrainingObjective Objective { get; init; }

    /// <summary>The used share of <see cref="TrainingLoopOptions.MaximumTrainingTime"/>, from 0 to 1; 0 without a limit.</summary>
    public double TimeShare { get; init; }

    /// <summary>The weights λ of the training tasks by name. Their mean is 1.</summary>
    public IEnumerable<KeyValuePair<string, double>> TaskWeights { get; init; } = [];
}
