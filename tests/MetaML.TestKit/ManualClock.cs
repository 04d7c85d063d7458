namespace MetaML.TestKit;

/// <summary>A clock that a test moves.</summary>
internal sealed class ManualClock : TimeProvider
{
    public TimeSpan Now { get; set; }

    /// <summary>How far each reading moves it.</summary>
    public TimeSpan Step { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        Now += Step;
        return Now.Ticks;
    }
}
