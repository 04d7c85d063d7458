using MetaML.Data;
using MetaML.Extensions.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers;

/// <summary>Collects the known tasks that an adaptation replaces, for a warning. The model forgets the earlier rows of these tasks.</summary>
/// <param name="columns">The columns that were read.</param>
internal sealed class ReplacedTasks(ColumnNames columns)
{
    private const int NamesShown = 5;

    private readonly List<string> _first = [];
    private int _count;

    /// <summary>Adds a task that is replaced.</summary>
    /// <param name="task">The task with its new rows.</param>
    /// <param name="knownRows">Number of its earlier rows; null if the model was saved by an earlier version, which did not save this number.</param>
    public void Add(LearningTask task, int? knownRows)
    {
        if (_count++ < NamesShown)
            _first.Add($"{(columns.Task is null ? "" : $"'{task.Name}' ")}({(knownRows is { } rows ? $"{rows} rows" : "an unknown number of rows")}, now {task.RowCount})");
    }

    /// <summary>Writes a warning to the log if tasks were replaced.</summary>
    public void Warn(IHost host)
    {
        if (_count == 0)
            return;
        string subject = columns.Task is null ? "The rows" : _count == 1 ? "1 task" : $"{_count} tasks";
        using IChannel channel = host.Start("Adaptation");
        channel.Warning($"{subject} that the model knew for '{columns.Label}' {(_count == 1 && columns.Task is not null ? "is" : "are")} replaced: {string.Join(", ", _first)}{(_count > NamesShown ? ", …" : "")}. The earlier rows are forgotten. Adapt on earlier and new rows together to keep them.");
    }
}
