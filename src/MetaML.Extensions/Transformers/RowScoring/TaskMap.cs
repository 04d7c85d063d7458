using System.Collections.Immutable;
using MetaML.Models;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>The tasks that a transformer knows. Only those of a live transformer change, see <see cref="LiveTasks{TRow, TPrediction}"/>. Readers need no lock: each change makes a new dictionary.</summary>
/// <param name="tasks">The tasks, by their names.</param>
internal sealed class TaskMap(ImmutableDictionary<string, AdaptedTask> tasks)
{
    private ImmutableDictionary<string, AdaptedTask> _current = tasks;

    /// <summary>The tasks at this moment.</summary>
    public ImmutableDictionary<string, AdaptedTask> Current => Volatile.Read(ref _current);

    /// <summary>Replaces, adds or removes tasks in one atomic step.</summary>
    /// <param name="changes">Names with their new tasks; null for a task that is removed.</param>
    public void Change(IReadOnlyList<(string Name, AdaptedTask? Task)> changes) => ImmutableInterlocked.Update(ref _current, Changed, changes);

    private static ImmutableDictionary<string, AdaptedTask> Changed(ImmutableDictionary<string, AdaptedTask> tasks, IReadOnlyList<(string Name, AdaptedTask? Task)> changes)
    {
        foreach (var (name, task) in changes)
            tasks = task is null ? tasks.Remove(name) : tasks.SetItem(name, task);
        return tasks;
    }
}
