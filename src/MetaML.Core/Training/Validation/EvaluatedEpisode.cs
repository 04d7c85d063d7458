namespace MetaML.Training.Validation;

/// <summary>The loss on held-out rows of a task that was adapted on a number of its rows.</summary>
/// <param name="Unit">The held-out rows.</param>
/// <param name="Loss">The mean loss of the rows. Squared errors are divided by the variance of labels.</param>
internal readonly record struct EvaluatedEpisode(HeldOutUnit Unit, double Loss)
{
    /// <summary>The loss as a share of that of the best constant score, so that losses of outputs of different kinds can be averaged.</summary>
    public double RelativeLoss => Loss / Unit.ConstantLoss;
}
