using MetaML.Data;
using MetaML.Extensions.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Transformers;

/// <summary>The known tasks that an adaptation replaces: what they were learned from before is forgotten.</summary>
/// <param name="columns">The columns that were read.</param>
internal sealed class ReplacedTasks(ColumnNames columns)
{
    private const int NamesShown = 5;

    private readonly List<string> _first = [];
    private int _count;

    /// <summary>Notes a task.</summary>
    /// <param name="task">What it is adapted to now.</param>
    /// <param name="knownRows">Number of rows that it was adapted on before; null where a saved model of an earlier version does not say.</param>
    public void Add(LearningTask task, int? knownRows)
    {
        if (_count++ < NamesShown)
            _first.Add($"{(columns.Task is null ? "" : $"'{task.Name}' ")}({(knownRows is { } rows ? $"{rows} rows" : "an unknown number of rows")}, now {task.RowCount})");
    }

    /// <summary>Tells the log, where there are any.</summary>
    public void Warn(IHost host)
    {
        if (_count == 0)
            return;
        string what = columns.Task is null ? "The rows" : _count == 1 ? "1 task" : $"{_count} tasks";
        using IChannel channel = host.Start("Adaptation");
        channel.Warning($"{what} that the model knew for '{columns.Label}' {(_count == 1 && columns.Task is not null ? "is" : "are")} replaced: {string.Join(", ", _first)}{(_count > NamesShown ? ", …" : "")}. The earlier rows are forgotten. Adapt on earlier and new rows together to keep them.");
    }
}
