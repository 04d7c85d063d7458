namespace MetaML.Training.Loop;

/// <summary>Whether a training, or a part of it, is to end before its time, with the best that it has.</summary>
/// <remarks>Time is measured by a clock that nobody sets.</remarks>
internal sealed class TrainingStop
{
    private readonly MetaTrainingOptions _options;
    private readonly TimeSpan? _maximum;
    private readonly long _start;

    /// <summary>Of a training that begins now.</summary>
    /// <param name="options">What was asked for.</param>
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

    /// <summary>Why training is to end now; null where it goes on.</summary>
    public string? Reason => _options.CancellationToken.IsCancellationRequested ? "training was cancelled" : TimeShare >= 1 ? "MaximumTrainingTime is up" : null;

    /// <summary>How much of the time is gone, from 0 to 1; 0 where there is no end to it.</summary>
    public double TimeShare => _maximum is { } maximum ? Math.Min(1, Elapsed / maximum) : 0;

    private TimeSpan Elapsed => _options.Clock.GetElapsedTime(_start);

    /// <summary>Of a part that begins now.</summary>
    /// <param name="share">How much of the time that is left the part may take.</param>
    public TrainingStop Begin(double share = 1) => new(_options, _maximum is { } maximum ? Positive(share * (maximum - Elapsed)) : null);

    /// <summary>Throws where a cancelled training is to have no result.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, and the best so far is not asked for.</exception>
    public void ThrowUnlessBestIsKept() => _options.CompletionToken.ThrowIfCancellationRequested();

    // No time at all has no share.
    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : new TimeSpan(1);
}
