using System.Diagnostics;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The remaining time and number of models of an experiment, and the token that cancels a run when the time is up.</summary>
internal sealed class ExperimentBudget : IDisposable
{
    private const double LongestWait = 1; // second; the time of earlier runs can be added meanwhile

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _user;

    // A separate thread, since a timer needs the thread pool for its callback. Trainers and a busy host can occupy the pool for many seconds.
    private readonly Thread _watch;
    private readonly ManualResetEvent _ended = new(false);

    private readonly int? _maxModels;
    private int _models;
    private double _earlierSeconds;
    private bool _isShortOfModels;

    public ExperimentBudget(TaskExperimentSettings settings)
    {
        _user = settings.CancellationToken;
        _maxModels = settings.MaxModels;
        Seconds = settings.MaxExperimentTimeInSeconds;
        _source = CancellationTokenSource.CreateLinkedTokenSource(_user);
        _watch = new Thread(Watch) { IsBackground = true, Name = nameof(ExperimentBudget) };
        _watch.Start();
    }

    /// <summary>The time limit for all runs together, in seconds.</summary>
    public double Seconds { get; }

    /// <summary>The time of this process, and of the finished runs that earlier ones left.</summary>
    public double ElapsedSeconds => _clock.Elapsed.TotalSeconds + Volatile.Read(ref _earlierSeconds);

    public double SecondsLeft => Seconds - ElapsedSeconds;

    public int ModelsLeft => (_maxModels ?? int.MaxValue) - _models;

    public CancellationToken Token => _source.Token;

    public bool IsCancelled => _user.IsCancellationRequested;

    /// <summary>Whether no further run may start.</summary>
    public bool IsSpent => Token.IsCancellationRequested || SecondsLeft <= 0 || ModelsLeft <= 0;

    /// <summary>Whether so many runs that belong together may start.</summary>
    public bool Allows(int runs)
    {
        _isShortOfModels |= runs > ModelsLeft;
        return runs <= ModelsLeft;
    }

    /// <summary>Adds the time of a finished run that an earlier process left.</summary>
    public void AddEarlier(double seconds) => Volatile.Write(ref _earlierSeconds, _earlierSeconds + seconds);

    /// <summary>Counts a run.</summary>
    public void CountRun() => _models++;

    /// <summary>The reason for the end of the experiment.</summary>
    /// <param name="isAllTried">Whether all strategies were tried.</param>
    public ExperimentEnd End(bool isAllTried) =>
        IsCancelled ? ExperimentEnd.Cancelled
        : isAllTried ? ExperimentEnd.Completed
        : ModelsLeft <= 0 || _isShortOfModels ? ExperimentEnd.ModelsReached
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
        while (SecondsLeft > 0)
        {
            if (_ended.WaitOne(TimeSpan.FromSeconds(Math.Clamp(SecondsLeft, 0.001, LongestWait))))
                return;
        }

        _source.Cancel();
    }
}
