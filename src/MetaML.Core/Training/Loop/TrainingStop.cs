namespace MetaML.Training.Loop;

/// <summary>The limits that end a training, or a part of it, early: the time and cancellation.</summary>
/// <remarks>Time is measured by a monotonic clock.</remarks>
internal sealed class TrainingStop
{
    private readonly MetaTrainingOptions _options;
    private readonly TimeSpan? _maximum;
    private readonly long _start;

    /// <summary>The limits of a training that starts now.</summary>
    /// <param name="options">The options of the training.</param>
    public TrainingStop(MetaTrainingOptions options)
        : this(options, options.MaximumTrainingTime)
    {
    }

    private TrainingStop(MetaTrainingOptions options, TimeSpan? maximum)
    {
        _options = options;
        _maximum = maximum;
        _start = options.Clock.GetTimestamp();
    }

    /// <summary>The reason to end training now; null if it continues.</summary>
    public string? Reason => _options.CancellationToken.IsCancellationRequested ? "training was cancelled" : TimeShare >= 1 ? "MaximumTrainingTime is up" : null;

    /// <summary>The share of the time that has passed, from 0 to 1; 0 without a time limit.</summary>
    public double TimeShare => _maximum is { } maximum ? Math.Min(1, Elapsed / maximum) : 0;

    private TimeSpan Elapsed => _options.Clock.GetElapsedTime(_start);

    /// <summary>The limits of a part that starts now.</summary>
    /// <param name="share">The share of the remaining time that the part may take.</param>
    public TrainingStop Begin(double share = 1) => new(_options, _maximum is { } maximum ? Positive(share * (maximum - Elapsed)) : null);

    /// <summary>Whether work of which a part is a result must end now.</summary>
    /// <exception cref="OperationCanceledException">The training was cancelled, and KeepBestWhenCancelled is not set.</exception>
    public bool EndsNow()
    {
        if (Reason is null)
            return false;
        ThrowUnlessBestIsKept();
        return true;
    }

    /// <summary>Throws if the training was cancelled and is to have no result.</summary>
    /// <exception cref="OperationCanceledException">The training was cancelled, and KeepBestWhenCancelled is not set.</exception>
    public void ThrowUnlessBestIsKept() => _options.CompletionToken.ThrowIfCancellationRequested();

    // A duration of zero cannot be divided by.
    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : new TimeSpan(1);
}
