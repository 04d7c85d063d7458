using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The rows of an evaluation, in memory, with the task, label and time of each row. The data are read once.</summary>
internal sealed record EvaluationRows
{
    private readonly ColumnResolver _columns;
    private readonly SourceColumn _task;
    private readonly bool _isInMemory;
    private readonly int[]? _numbers; // the number of each row in the whole data; null if this is the whole data

    private EvaluationRows(IDataView view, bool isInMemory, ColumnResolver columns, SourceColumn task, LabeledRows rows)
    {
        View = view;
        _isInMemory = isInMemory;
        _columns = columns;
        _task = task;
        Rows = rows;
    }

    private EvaluationRows(EvaluationRows whole, int[] rows)
        : this(RowFilter.ByPosition(whole.View, rows), whole._isInMemory, whole._columns, whole._task, whole.Rows.Subset(rows))
    {
        LabelColumnName = whole.LabelColumnName;
        _numbers = [.. rows.Select(whole.NumberOf)];
    }

    /// <summary>The rows before any step of a pipeline.</summary>
    public IDataView View { get; }

    /// <summary>The task, label and time of each row. Labels and times are absent before <see cref="WithLabels"/>.</summary>
    public LabeledRows Rows { get; private init; }

    /// <summary>The names of the tasks.</summary>
    public IReadOnlyList<string> TaskNames => Rows.TaskNames;

    /// <summary>The label column, in the data or made by a step of a pipeline; empty before <see cref="WithLabels"/>.</summary>
    public string LabelColumnName { get; private init; } = "";

    /// <summary>Reads a view into memory, with the task of each row.</summary>
    /// <param name="context">The context.</param>
    /// <param name="data">The rows before any step of a pipeline.</param>
    /// <param name="taskColumn">The task column.</param>
    /// <param name="pipelines">The pipelines whose steps may make the columns.</param>
    /// <param name="cancellationToken">Cancels between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task.</exception>
    public static EvaluationRows Read(MLContext context, IDataView data, string taskColumn, IReadOnlyList<IPreprocessing> pipelines, CancellationToken cancellationToken = default)
    {
        IDataView view = RowViews.Cached(context, data);
        var columns = new ColumnResolver(context, view, pipelines);
        SourceColumn task = columns.Task(taskColumn);
        return new EvaluationRows(view, view != data, columns, task, LabeledRows.Read(null, task, null, cancellationToken));
    }

    /// <summary>The same rows with their labels, and with their times if the rows have an order.</summary>
    /// <param name="labelColumn">The label column.</param>
    /// <param name="order">The order of the rows of a task.</param>
    /// <param name="cancellationToken">Cancels between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no time, or the view gives its rows in another order at each reading and cannot be kept in memory.</exception>
    public EvaluationRows WithLabels(string labelColumn, RowOrder order, CancellationToken cancellationToken = default)
    {
        SourceColumn label = _columns.Label(labelColumn);
        SourceColumn? time = order.TimeColumn is { } name ? _columns.Time(name) : null;
        LabeledRows rows = LabeledRows.Read(label, _task, time, cancellationToken);
        if (!_isInMemory && !LabeledRows.Read(label, _task, time, cancellationToken).IsSameAs(rows))
            throw new InvalidOperationException("Rows must come in the same order at each reading, if a column of the data cannot be kept in memory; got another order at the second reading. Support and query rows would be mixed. Give a view with one order, for example without shuffling, or leave that column out.");
        return this with { Rows = order.IsRowOrder ? rows with { Times = [.. Enumerable.Range(0, rows.Labels.Length).Select(row => (long)row)] } : rows, LabelColumnName = label.Name };
    }

    /// <summary>The rows of some tasks.</summary>
    public EvaluationRows Of(IReadOnlySet<string> tasks) => new(this, Rows.RowsOf(tasks));

    /// <summary>The number that a row has in the whole data.</summary>
    public int NumberOf(int row) => _numbers?[row] ?? row;
}
