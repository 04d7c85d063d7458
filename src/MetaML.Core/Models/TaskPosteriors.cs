using System.Collections.Concurrent;
using MetaML.Adapters.ClosedForm;
using MetaML.Statistics;

namespace MetaML.Models;

/// <summary>Posteriors of tasks that change row by row, by the names of the tasks. Thread-safe, but a task must not be changed by two threads at once.</summary>
internal sealed class TaskPosteriors
{
    // The memory of all posteriors together, in numbers: 256 MiB. Beyond it all are dropped.
    private const long MostValues = 1 << 25;

    private readonly ConcurrentDictionary<string, (TaskStatistics Statistics, RecursiveLeastSquares Posterior)> _posteriors = new(StringComparer.Ordinal);
    private long _values;

    /// <summary>Takes the posterior of a task out, so that a failed change leaves none; null if there is none for these statistics.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="statistics">The statistics of the task.</param>
    public RecursiveLeastSquares? Take(string task, TaskStatistics? statistics) => Remove(task) is var (known, posterior) && ReferenceEquals(known, statistics) ? posterior : null;

    /// <summary>Keeps the posterior of a task.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="statistics">The statistics that it belongs to.</param>
    /// <param name="posterior">The posterior.</param>
    public void Put(string task, TaskStatistics statistics, RecursiveLeastSquares posterior)
    {
        if (Interlocked.Add(ref _values, posterior.ValueCount) > MostValues)
        {
            _posteriors.Clear();
            Interlocked.Exchange(ref _values, posterior.ValueCount);
        }

        _posteriors[task] = (statistics, posterior);
    }

    /// <summary>Forgets the posterior of a task.</summary>
    /// <param name="task">The task's name.</param>
    public (TaskStatistics Statistics, RecursiveLeastSquares Posterior)? Remove(string task)
    {
        if (!_posteriors.TryRemove(task, out var known))
            return null;
        Interlocked.Add(ref _values, -known.Posterior.ValueCount);
        return known;
    }
}
