namespace MetaML.Training;

/// <summary>Whether a training is to end before its time, with the best that it has.</summary>
/// <remarks>Time is measured by a clock that nobody sets.</remarks>
internal sealed class TrainingStop
{
    private readonly MetaTrainingOptions _options;
    private readonly long _start;
    private readonly TimeSpan? _maximum;

    /// <summary>Of a training that begins now.</summary>
    /// <param name="options">What was asked for.</param>
    public TrainingStop(MetaTrainingOptions options)
        : this(options, options.MaximumTrainingTime)
    {
    }

    private TrainingStop(MetaTrainingOptions options, TimeSpan? maximum)
    {
        _options = options;
        _start = options.Clock.GetTimestamp();
        _maximum = maximum;
    }

    /// <summary>Why training is to end now; null where it goes on.</summary>
    public string? Reason => _options.CancellationToken.IsCancellationRequested ? "it was cancelled"
        : Share >= 1 ? "MaximumTrainingTime is up"
        : null;

    /// <summary>Whether training is to end now, and what is best so far is wanted. (A training that goes on later must not be judged where it would not have been.)</summary>
    public bool EndsWithBest => Reason is not null && !_options.CompletionToken.IsCancellationRequested;

    /// <summary>How much of the time is gone, from 0 to 1; 0 where there is no end to it.</summary>
    public double Share => _maximum is { } maximum ? Math.Min(1, _options.Clock.GetElapsedTime(_start) / maximum) : 0;

    /// <summary>Throws where a cancelled training is to have no result.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, and the best so far is not to be kept.</exception>
    public void ThrowUnlessBestIsKept() => _options.CompletionToken.ThrowIfCancellationRequested();

    /// <summary>Of a part that begins now.</summary>
    /// <param name="share">How much of the time that is left the part may take.</param>
    public TrainingStop Begin(double share = 1) => new(_options, _maximum is { } maximum ? Positive(share * (maximum - _options.Clock.GetElapsedTime(_start))) : null);

    // Never 0, which is no time to take a share of.
    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : new TimeSpan(1);
}
