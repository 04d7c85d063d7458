namespace MetaML.Training.Loop;

/// <summary>How an outer loop ended.</summary>
/// <param name="Iterations">Outer steps that were done.</param>
/// <param name="BestIteration">The step whose parameters were kept.</param>
/// <param name="ValidationLoss">Their mean query loss on the validation episodes; null where there are none.</param>
/// <param name="ValidationEpisodes">How many there are.</param>
/// <param name="TaskWeights">λ of all problems' tasks, one problem after the other; none where nothing was trained.</param>
internal sealed record TrainingOutcome(int Iterations, int BestIteration, double? ValidationLoss, int ValidationEpisodes, IReadOnlyList<double> TaskWeights)
{
    /// <summary>Where there was nothing to train.</summary>
    public static readonly TrainingOutcome None = new(0, 0, null, 0, []);
}
