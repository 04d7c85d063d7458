namespace MetaML.Extensions.Evaluation.Splits;

/// <summary>Splits tasks by their names, at random or in a given order.</summary>
internal sealed class TaskSplitter
{
    private readonly string[] _tasks; // the names, in the order of the split

    /// <param name="tasks">The names of the tasks.</param>
    /// <param name="seed">The seed of the random order.</param>
    public TaskSplitter(IEnumerable<string> tasks, int seed)
    {
        _tasks = [.. tasks];
        new Random(seed).Shuffle(_tasks);
    }

    private TaskSplitter(string[] tasks) => _tasks = tasks;

    /// <summary>Splits tasks in a given order: the last ones are the last part.</summary>
    public static TaskSplitter InOrder(IEnumerable<string> tasks) => new([.. tasks]);

    /// <summary>Splits the tasks into parts of given shares. The first part contains the remaining tasks.</summary>
    /// <param name="shares">The share of each part, except for the first.</param>
    /// <exception cref="InvalidOperationException">A part would have no task.</exception>
    public IReadOnlySet<string>[] Split(params double[] shares)
    {
        int[] sizes = [.. shares.Select(share => Math.Max(1, (int)Math.Round(share * _tasks.Length)))];
        int first = _tasks.Length - sizes.Sum();
        if (first < 1)
            throw new InvalidOperationException($"Data must have at least {shares.Length + 1} tasks to be split by task; got {_tasks.Length}, and the fractions hold out {sizes.Sum()}. No task would remain for training. Lower the fractions, or give more tasks.");
        var parts = new List<IReadOnlySet<string>> { _tasks[..first].ToHashSet() };
        foreach (int size in sizes)
        {
            parts.Add(_tasks[first..(first + size)].ToHashSet());
            first += size;
        }

        return [.. parts];
    }

    /// <summary>The training tasks and the held-out tasks of each fold.</summary>
    /// <exception cref="InvalidOperationException">There are fewer tasks than folds.</exception>
    public (IReadOnlySet<string> Training, IReadOnlySet<string> HeldOut)[] Folds(int count)
    {
        if (_tasks.Length < count)
            throw new InvalidOperationException($"Data must have at least as many tasks as folds, {count}; got {_tasks.Length}. Lower numberOfFolds.");
        return [.. Enumerable.Range(0, count).Select(fold => ((IReadOnlySet<string>)_tasks.Where((_, i) => i % count != fold).ToHashSet(), (IReadOnlySet<string>)_tasks.Where((_, i) => i % count == fold).ToHashSet()))];
    }
}
