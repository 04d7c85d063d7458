using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.Columns;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Splits;

/// <summary>Groups of tasks that a split keeps together, such as the machines of one factory. Without a group column, each task is a group.</summary>
internal sealed class TaskGroups
{
    private readonly EvaluationRows _rows;
    private readonly Dictionary<string, List<string>> _tasks = []; // by group, in the order of the data

    private TaskGroups(EvaluationRows rows) => _rows = rows;

    /// <summary>The names of the groups, in the order in which they first appear.</summary>
    public IEnumerable<string> Names => _tasks.Keys;

    /// <summary>Reads the group of each task.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="column">The group column, of text or keys; null if each task is a group.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no group, or a task has rows of two groups.</exception>
    public static TaskGroups Read(EvaluationRows rows, string? column)
    {
        var groups = new TaskGroups(rows);
        string?[] groupOfTask = column is null ? [.. rows.TaskNames] : GroupOfTask(rows, column);
        foreach (var (task, group) in rows.TaskNames.Zip(groupOfTask))
        {
            if (!groups._tasks.TryGetValue(group!, out List<string>? tasks))
                groups._tasks[group!] = tasks = [];
            tasks.Add(task);
        }

        return groups;
    }

    /// <summary>The names of the groups in the order of their first rows in time.</summary>
    public IEnumerable<string> NamesByTime()
    {
        LabeledRows rows = _rows.Rows;
        Dictionary<string, long> first = Enumerable.Range(0, rows.Times.Length).GroupBy(row => rows.TaskNames[rows.TaskOfRow[row]]).ToDictionary(task => task.Key, task => task.Min(row => rows.Times[row]));
        return Names.OrderBy(group => _tasks[group].Min(task => first[task]));
    }

    /// <summary>The tasks of some groups.</summary>
    public IReadOnlySet<string> TasksOf(IEnumerable<string> groups) => groups.SelectMany(group => _tasks[group]).ToHashSet();

    /// <summary>The groups of some tasks, in the order of the data.</summary>
    public IReadOnlyList<string> GroupsOf(IEnumerable<string> tasks)
    {
        HashSet<string> some = [.. tasks];
        return [.. Names.Where(group => _tasks[group].Exists(some.Contains))];
    }

    private static string?[] GroupOfTask(EvaluationRows rows, string column)
    {
        ColumnNames.CheckTask(rows.View.Schema, column);
        var groups = new string?[rows.TaskNames.Count];
        using DataViewRowCursor cursor = rows.View.GetRowCursor([rows.View.Schema[column]]);
        Func<string?> groupOf = TaskNames.Getter(cursor, column);
        for (int row = 0; cursor.MoveNext(); row++)
        {
            int task = rows.Rows.TaskOfRow[row];
            string group = groupOf() ?? throw TaskNames.Missing(rows.View.Schema[column], row);
            if (groups[task] is { } other && other != group)
                throw new InvalidOperationException($"All rows of a task must be in one group; got '{other}' and '{group}' in column '{column}' for task '{rows.TaskNames[task]}'. The task would be in two parts of a split. Correct the column.");
            groups[task] = group;
        }

        return groups;
    }
}
