using MetaML.Relatedness;

namespace MetaML;

/// <summary>The relatedness of each task to each other task.</summary>
/// <remarks>Immutable. Groups come from average linkage. The distance of two tasks is 1 − the mean of both directions; a mean below −1 counts as −1.</remarks>
public sealed class TaskRelatedness
{
    private readonly double[,] _values;
    private readonly Dictionary<string, int> _indices;
    private readonly Lazy<TaskHierarchy> _hierarchy;

    internal TaskRelatedness(RelatednessMeasure measure, IReadOnlyList<string> taskNames, double[,] values)
    {
        Measure = measure;
        TaskNames = taskNames;
        _values = values;
        _indices = taskNames.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i);
        _hierarchy = new Lazy<TaskHierarchy>(() => new TaskHierarchy(Distances()));
    }

    /// <summary>The measure of relatedness.</summary>
    public RelatednessMeasure Measure { get; }

    /// <summary>The tasks' names, in the order of rows and columns.</summary>
    public IReadOnlyList<string> TaskNames { get; }

    /// <summary>The relatedness of one task to another: at most 1; 0 for unrelated tasks; negative if one task harms the other.</summary>
    /// <param name="from">Index of the task that helps.</param>
    /// <param name="to">Index of the task that is helped.</param>
    public double this[int from, int to] => _values[from, to];

    /// <summary>The relatedness of one task to another.</summary>
    /// <param name="from">Name of the task that helps.</param>
    /// <param name="to">Name of the task that is helped.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public double this[string from, string to] => _values[IndexOf(from), IndexOf(to)];

    /// <summary>The indices of the tasks, ordered so that related tasks are neighbours, for a heat map.</summary>
    public IReadOnlyList<int> Order => _hierarchy.Value.Order;

    /// <summary>All values, [from, to].</summary>
    public double[,] ToMatrix() => (double[,])_values.Clone();

    /// <summary>Groups of related tasks.</summary>
    /// <param name="count">The number of groups, from 1 to the number of tasks.</param>
    /// <returns>The names of each group's tasks, in the order of <see cref="Order"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is outside its range.</exception>
    public IReadOnlyList<IReadOnlyList<string>> Clusters(int count)
    {
        if (count < 1 || count > TaskNames.Count)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"The number of groups must be between 1 and {TaskNames.Count}, the number of tasks.");
        return [.. _hierarchy.Value.Cut(count).Select(group => (IReadOnlyList<string>)[.. group.Select(task => TaskNames[task])])];
    }

    /// <summary>The tasks that help one task most.</summary>
    /// <param name="task">The name of the task that is helped.</param>
    /// <param name="count">The largest number of results.</param>
    /// <returns>Names and values, the largest first.</returns>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public IReadOnlyList<KeyValuePair<string, double>> Nearest(string task, int count = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int to = IndexOf(task);
        return [.. Enumerable.Range(0, TaskNames.Count).Where(from => from != to)
            .OrderByDescending(from => _values[from, to]).Take(count)
            .Select(from => KeyValuePair.Create(TaskNames[from], _values[from, to]))];
    }

    private int IndexOf(string task) => _indices.TryGetValue(task, out int index)
        ? index
        : throw new ArgumentException($"The task must be one of the {TaskNames.Count} compared tasks; got '{task}'. Its relatedness is not known. Choose one of TaskNames.", nameof(task));

    private double[,] Distances()
    {
        int tasks = TaskNames.Count;
        var distances = new double[tasks, tasks];
        for (int i = 0; i < tasks; i++)
        {
            for (int j = 0; j < tasks; j++)
                distances[i, j] = i == j ? 0 : 1 - Math.Max(-1, 0.5 * (_values[i, j] + _values[j, i]));
        }

        return distances;
    }
}
