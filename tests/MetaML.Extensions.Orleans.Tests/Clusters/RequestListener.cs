using System.Diagnostics.Metrics;

namespace MetaML.Extensions.Orleans.Tests.Clusters;

/// <summary>Listens to the meter of requests.</summary>
internal sealed class RequestListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<(string Operation, string Outcome)> _requests = [];

    public RequestListener()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TaskGrainTelemetry.Name && instrument.Name == "metaml.task.request.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var values = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string)tag.Value!);
            lock (_requests)
                _requests.Add((values["operation"], values["outcome"]));
        });
        _listener.Start();
    }

    /// <summary>Waits for a request to end.</summary>
    public async Task Of(string operation, string outcome)
    {
        while (true)
        {
            lock (_requests)
            {
                if (_requests.Contains((operation, outcome)))
                    return;
            }

            await Task.Delay(10);
        }
    }

    public void Dispose() => _listener.Dispose();
}
