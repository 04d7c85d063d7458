using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The rows of an evaluation, read once: the rows in memory, and the task and label of each row.</summary>
internal sealed record EvaluationRows
{
    private readonly ColumnResolver _columns;
    private readonly SourceColumn _task;

    private EvaluationRows(IDataView view, ColumnResolver columns, SourceColumn task, LabeledRows rows)
    {
        View = view;
        _columns = columns;
        _task = task;
        Rows = rows;
    }

    /// <summary>The rows before any step.</summary>
    public IDataView View { get; private init; }

    /// <summary>Tasks and labels; no labels before <see cref="WithLabels"/>.</summary>
    public LabeledRows Rows { get; private init; }

    /// <summary>The names of the tasks.</summary>
    public IReadOnlyList<string> TaskNames => Rows.TaskNames;

    /// <summary>The label, in the data or made by a step of a pipeline; empty before <see cref="WithLabels"/>.</summary>
    public string LabelColumnName { get; private init; } = "";

    /// <summary>Reads a view into memory, and the task of each row.</summary>
    /// <param name="context">The context.</param>
    /// <param name="data">The rows before any step.</param>
    /// <param name="taskColumn">The task.</param>
    /// <param name="pipelines">The pipelines whose steps may make the columns.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task.</exception>
    public static EvaluationRows Read(MLContext context, IDataView data, string taskColumn, IReadOnlyList<IPreprocessing> pipelines, CancellationToken cancellationToken = default)
    {
        IDataView view = RowViews.Cached(context, data);
        var columns = new ColumnResolver(context, view, pipelines);
        SourceColumn task = columns.Task(taskColumn);
        return new EvaluationRows(view, columns, task, LabeledRows.Read(null, task, cancellationToken));
    }

    /// <summary>The same rows with their labels.</summary>
    /// <param name="labelColumn">The label.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    public EvaluationRows WithLabels(string labelColumn, CancellationToken cancellationToken = default)
    {
        SourceColumn label = _columns.Label(labelColumn);
        return this with { Rows = LabeledRows.Read(label, _task, cancellationToken), LabelColumnName = label.Name };
    }

    /// <summary>The rows of some tasks.</summary>
    public EvaluationRows Of(IReadOnlySet<string> tasks)
    {
        int[] rows = Rows.RowsOf(tasks);
        return this with { View = RowFilter.ByPosition(View, rows), Rows = Rows.Subset(rows) };
    }
}
