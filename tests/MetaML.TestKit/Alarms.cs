namespace MetaML.TestKit;

/// <summary>The alarms of updates.</summary>
public sealed class Alarms : List<DriftAlarm>, IProgress<DriftAlarm>
{
    public void Report(DriftAlarm value) => Add(value);
}
