namespace MetaML.Training;

/// <summary>Whether a training is to end before its time, with the best that it has.</summary>
/// <remarks>Time is measured by a clock that nobody sets.</remarks>
internal sealed class TrainingStop
{
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly TimeSpan? _maximum;

    /// <summary>Of a training that begins now.</summary>
    /// <param name="options">What was asked for.</param>
    public TrainingStop(MetaTrainingOptions options)
        : this(options.Clock, options.MaximumTrainingTime)
    {
    }

    private TrainingStop(TimeProvider clock, TimeSpan? maximum)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        _maximum = maximum;
    }

    /// <summary>Why training is to end now; null where it goes on.</summary>
    public string? Reason => Share >= 1 ? "MaximumTrainingTime is up" : null;

    /// <summary>How much of the time is gone, from 0 to 1; 0 where there is no end to it.</summary>
    public double Share => _maximum is { } maximum ? Math.Min(1, _clock.GetElapsedTime(_start) / maximum) : 0;

    /// <summary>Of a part that begins now.</summary>
    /// <param name="share">How much of the time that is left the part may take.</param>
    public TrainingStop Begin(double share = 1) => new(_clock, _maximum is { } maximum ? Positive(share * (maximum - _clock.GetElapsedTime(_start))) : null);

    // Never 0, which is no time to take a share of.
    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : new TimeSpan(1);
}
