namespace MetaML.TestKit;

/// <summary>A clock that a test controls.</summary>
internal sealed class ManualClock : TimeProvider
{
    public TimeSpan Now { get; set; }

    /// <summary>The time by which each reading advances the clock.</summary>
    public TimeSpan Step { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        Now += Step;
        return Now.Ticks;
    }
}
