namespace MetaML.Training.Loop;

/// <summary>How an outer loop ended.</summary>
/// <param name="Iterations">Outer steps that were done.</param>
/// <param name="BestIteration">The step after which the kept parameters had their values.</param>
/// <param name="ValidationLoss">The mean query loss of the validation episodes with the kept parameters; null without validation.</param>
/// <param name="ValidationEpisodes">The number of validation episodes.</param>
/// <param name="TaskWeights">λ of the tasks of all problems, one problem after the other; empty if nothing was trained.</param>
internal sealed record TrainingOutcome(int Iterations, int BestIteration, double? ValidationLoss, int ValidationEpisodes, IReadOnlyList<double> TaskWeights)
{
    /// <summary>The outcome if there was nothing to train.</summary>
    public static readonly TrainingOutcome None = new(0, 0, null, 0, []);
}
