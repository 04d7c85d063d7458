using System.Diagnostics;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>How much time and how many models are left, and the token that stops a run when time is up.</summary>
internal sealed class ExperimentBudget : IDisposable
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _user;

    // A thread of its own: a timer's callback waits for the thread pool, which trainers and a busy host can keep for many seconds.
    private readonly Thread _watch;
    private readonly ManualResetEvent _ended = new(false);

    private readonly int? _maxModels;
    private int _models;

    public ExperimentBudget(TaskExperimentSettings settings)
    {
        _user = settings.CancellationToken;
        _maxModels = settings.MaxModels;
        Seconds = settings.MaxExperimentTimeInSeconds;
        _source = CancellationTokenSource.CreateLinkedTokenSource(_user);
        _watch = new Thread(Watch) { IsBackground = true, Name = nameof(ExperimentBudget) };
        _watch.Start();
    }

    /// <summary>The time for all runs.</summary>
    public double Seconds { get; }

    public double ElapsedSeconds => _clock.Elapsed.TotalSeconds;

    public double SecondsLeft => Seconds - ElapsedSeconds;

    public int ModelsLeft => (_maxModels ?? int.MaxValue) - _models;

    public CancellationToken Token => _source.Token;

    public bool IsCancelled => _user.IsCancellationRequested;

    /// <summary>Whether no further run may begin.</summary>
    public bool IsSpent => Token.IsCancellationRequested || SecondsLeft <= 0 || ModelsLeft <= 0;

    /// <summary>Counts a run.</summary>
    public void Take() => _models++;

    /// <summary>Why no further run began.</summary>
    /// <param name="isAllTried">Whether there was none left.</param>
    public ExperimentEnd End(bool isAllTried) =>
        IsCancelled ? ExperimentEnd.Cancelled
        : isAllTried ? ExperimentEnd.Completed
        : ModelsLeft <= 0 ? ExperimentEnd.ModelsReached
        : ExperimentEnd.TimeReached;

    public void Dispose()
    {
        _ended.Set();
        _watch.Join();
        _ended.Dispose();
        _source.Dispose();
    }

    private void Watch()
    {
        if (!_ended.WaitOne(TimeSpan.FromSeconds(Math.Min(Seconds, int.MaxValue / 1000)))) // the longest that a wait takes
            _source.Cancel();
    }
}
