using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MetaML.Extensions.Orleans.Tests.Clusters;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Telemetry;

/// <summary>What the meter and the source of traces report.</summary>
public sealed class TaskTelemetryTests
{
    [Fact]
    public async Task Requests_AreMeasuredAndTraced()
    {
        var measured = new ConcurrentBag<(string Instrument, string Tags)>();
        var traced = new ConcurrentBag<string>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == TaskGrainTelemetry.Name)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Add(instrument, tags));
        meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Add(instrument, tags));
        meters.Start();
        using var traces = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TaskGrainTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => traced.Add(activity.OperationName),
        };
        ActivitySource.AddActivityListener(traces);

        await using TaskCluster cluster = await TaskCluster.Start();
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(TaskRows.From(Visit.Of(100, 3)), "one");
        await task.Update(TaskRows.From(Visit.Of(100, 3)), "one");
        await Assert.ThrowsAsync<ArgumentException>(() => task.Update(new TaskRows([new RowColumn("Age", [1f])])));
        await cluster.Catalog.Publish("v2", SavedModels.OtherPrior);
        await cluster.Catalog.Activate("v2");
        await task.Predict(TaskRows.From(Visit.Of(100, 3)));
        Assert.Contains(("metaml.task.request.duration", "model=shops,operation=update,outcome=done"), measured);
        Assert.Contains(("metaml.task.request.duration", "model=shops,operation=update,outcome=refused"), measured);
        Assert.Contains(("metaml.task.events.repeated", "model=shops"), measured);
        Assert.Contains(("metaml.task.state.size", "model=shops"), measured);
        Assert.Contains(("metaml.task.adaptations", "model=shops,source=statistics"), measured);
        Assert.Contains("MetaML predict", traced);

        void Add(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            measured.Add((instrument.Name, string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal))));
    }
}
