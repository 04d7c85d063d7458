namespace MetaML;

/// <summary>The meter and the source of traces of the grains, for OpenTelemetry: <c>AddMeter(TaskGrainTelemetry.Name)</c>, <c>AddSource(TaskGrainTelemetry.Name)</c>.</summary>
public static class TaskGrainTelemetry
{
    /// <summary>The name of the meter and of the source of traces.</summary>
    public const string Name = "MetaML.Extensions.Orleans";
}
