using System.Diagnostics;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Samples the memory use of the process until it is disposed; see <see cref="PeakMemory"/>.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private const int IntervalMilliseconds = 25;

    private readonly object _lock = new();
    private readonly Timer _timer;
    private PeakMemory _peak;

    public MemoryWatch()
    {
        Sample();
        _timer = new Timer(_ => Sample(), null, IntervalMilliseconds, IntervalMilliseconds);
    }

    /// <summary>The largest memory use until now.</summary>
    public PeakMemory Peak
    {
        get
        {
            Sample();
            lock (_lock)
                return _peak;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        using var process = Process.GetCurrentProcess();
        long managed = GC.GetTotalMemory(forceFullCollection: false), total = process.WorkingSet64;
        lock (_lock)
            _peak = new PeakMemory(Math.Max(_peak.ManagedBytes, managed), Math.Max(_peak.ProcessBytes, total));
    }
}
