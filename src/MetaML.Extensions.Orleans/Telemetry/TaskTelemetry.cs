using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MetaML.Extensions.Orleans.Telemetry;

/// <summary>Meters and traces of the grains. Their names are those of <see cref="TaskGrainTelemetry"/>.</summary>
internal static class TaskTelemetry
{
    private static readonly Meter s_meter = new(TaskGrainTelemetry.Name);
    private static readonly ActivitySource s_source = new(TaskGrainTelemetry.Name);

    private static readonly Histogram<double> s_requests = s_meter.CreateHistogram<double>("metaml.task.request.duration", "s", "Duration of the requests to tasks, by operation, model and outcome.");
    private static readonly Counter<long> s_repeated = s_meter.CreateCounter<long>("metaml.task.events.repeated", "{event}", "Events that came again and changed nothing.");
    private static readonly Counter<long> s_conflicts = s_meter.CreateCounter<long>("metaml.task.storage.conflicts", "{conflict}", "Writes that another silo had overtaken, and that were tried again.");
    private static readonly Counter<long> s_adaptations = s_meter.CreateCounter<long>("metaml.task.adaptations", "{adaptation}", "Adaptations of tasks to another version of the model, by source: statistics, rows, or none.");
    private static readonly Counter<long> s_alarms = s_meter.CreateCounter<long>("metaml.task.drift.alarms", "{alarm}", "Alarms of the test for drift.");
    private static readonly Histogram<long> s_stateBytes = s_meter.CreateHistogram<long>("metaml.task.state.size", "By", "Size of the stored states of tasks.");

    /// <summary>Starts a trace of a request.</summary>
    public static Activity? Start(string operation, string model) => s_source.StartActivity($"MetaML {operation}")?.SetTag("metaml.model", model);

    public static void Request(string operation, string model, string outcome, TimeSpan duration) =>
        s_requests.Record(duration.TotalSeconds, new("operation", operation), new("model", model), new("outcome", outcome));

    public static void Repeated(string model) => s_repeated.Add(1, new KeyValuePair<string, object?>("model", model));

    public static void Conflict(string model) => s_conflicts.Add(1, new KeyValuePair<string, object?>("model", model));

    public static void Adapted(string model, string source) => s_adaptations.Add(1, new("model", model), new("source", source));

    public static void Alarm(string model) => s_alarms.Add(1, new KeyValuePair<string, object?>("model", model));

    public static void StateBytes(string model, long bytes) => s_stateBytes.Record(bytes, new KeyValuePair<string, object?>("model", model));
}
