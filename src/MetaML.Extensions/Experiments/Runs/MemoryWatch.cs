using System.Diagnostics;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Samples the memory use of the process until it is disposed; see <see cref="PeakMemory"/>.</summary>
/// <remarks>If a limit is given, <see cref="Exceeded"/> is cancelled as soon as a sample is above it.</remarks>
internal sealed class MemoryWatch : IDisposable
{
    private const int IntervalMilliseconds = 25;

    private readonly object _lock = new();
    private readonly Timer _timer;
    private readonly CancellationTokenSource _exceeded = new();
    private readonly long _limit;
    private PeakMemory _peak;

    public MemoryWatch(long? limit = null)
    {
        _limit = limit ?? long.MaxValue;
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

    /// <summary>Cancelled if the process has used more bytes than the limit.</summary>
    public CancellationToken Exceeded => _exceeded.Token;

    public void Dispose()
    {
        using var ended = new ManualResetEvent(false);
        if (_timer.Dispose(ended))
            ended.WaitOne(); // no sample may use the source later
        _exceeded.Dispose();
    }

    private void Sample()
    {
        using var process = Process.GetCurrentProcess();
        long managed = GC.GetTotalMemory(forceFullCollection: false), total = process.WorkingSet64;
        lock (_lock)
            _peak = _peak.Or(new PeakMemory(managed, total));
        if (total > _limit)
            _exceeded.Cancel();
    }
}
