namespace MetaML.Training;

/// <summary>Whether a training is to end before its time, with the best that it has. One for all the loops of a training.</summary>
/// <param name="options">What was asked for.</param>
internal sealed class TrainingStop(MetaTrainingOptions options)
{
    /// <summary>Why training is to end now; null where it goes on.</summary>
    public string? Reason => options.CancellationToken.IsCancellationRequested ? "training was cancelled" : null;

    /// <summary>Throws where a cancelled training is to have no result.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, and the best so far is not asked for.</exception>
    public void ThrowUnlessBestIsKept() => options.CompletionToken.ThrowIfCancellationRequested();
}
