using MetaML.Data;
using Microsoft.ML;

namespace MetaML.Extensions.Data;

/// <summary>The task and label of each row of a view, and its time if rows have an order.</summary>
/// <param name="Kind">The kind of the labels.</param>
/// <param name="TaskNames">The names of the tasks, in the order in which they first appear.</param>
/// <param name="TaskOfRow">The number of the task of each row.</param>
/// <param name="Labels">The label of each row: 0 or 1, the number of the class, or the value; NaN if it is missing. Empty if labels were not read.</param>
/// <param name="Classes">The numbers of the classes; empty unless labels are multiclass.</param>
internal sealed record LabeledRows(LabelKind Kind, IReadOnlyList<string> TaskNames, int[] TaskOfRow, float[] Labels, NameNumbers Classes)
{
    /// <summary>The time of each row as an integer with the same order; empty if rows have no order.</summary>
    public long[] Times { get; init; } = [];

    /// <summary>The share of the most frequent class among labelled rows; 0 for values.</summary>
    public double LargestClassShare => Kind == LabelKind.Regression
        ? 0
        : Labels.Where(label => !float.IsNaN(label)).GroupBy(label => label).Select(group => group.Count()).DefaultIfEmpty(0).Max() / (double)Math.Max(1, Labels.Count(label => !float.IsNaN(label)));

    private const int RowsPerCheck = 1024;

    /// <summary>Reads the rows once.</summary>
    /// <param name="label">The label column; null if labels are not read.</param>
    /// <param name="task">The Task column. The views of all columns must have the same rows.</param>
    /// <param name="time">The time column; null if rows have no order.</param>
    /// <param name="cancellationToken">Cancels between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task or no time, or the views have different numbers of rows.</exception>
    public static LabeledRows Read(SourceColumn? label, SourceColumn task, SourceColumn? time, CancellationToken cancellationToken = default)
    {
        LabelKind kind = label is { } read ? LabelKinds.Of(read.View.Schema, read.Name) : default;
        ColumnNames.CheckTask(task.View.Schema, task.Name);
        if (time is { } timed)
            TimeGetter.Check(timed.View.Schema, timed.Name);
        using var rows = new JoinedRows([.. new[] { label, task, time }.OfType<SourceColumn>()]);
        var classes = new NameNumbers();
        Func<float>? getLabel = label is { } column ? LabelGetter.Of(rows.RowOf(column), column.View.Schema[column.Name], kind, classes) : null;
        Func<string?> getTask = Data.TaskNames.Getter(rows.RowOf(task), task.Name);
        Func<long?>? getTime = time is { } order ? TimeGetter.Of(rows.RowOf(order), order.View.Schema[order.Name]) : null;

        var tasks = new NameNumbers();
        var taskOfRow = new List<int>();
        var labels = new List<float>();
        var times = new List<long>();
        while (rows.MoveNext())
        {
            if (taskOfRow.Count % RowsPerCheck == 0)
                cancellationToken.ThrowIfCancellationRequested();
            taskOfRow.Add(tasks.Of(getTask() ?? throw Data.TaskNames.Missing(task.View.Schema[task.Name], taskOfRow.Count)));
            if (getLabel is not null)
                labels.Add(getLabel());
            if (getTime is not null)
                times.Add(getTime() ?? throw TimeGetter.Missing(time!.Value.Name, times.Count));
        }

        return new LabeledRows(kind, tasks.Names, [.. taskOfRow], [.. labels], classes) { Times = [.. times] };
    }

    /// <summary>The names of the tasks of a view.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task. No part of a split would contain it.</exception>
    public static IReadOnlyList<string> ReadTasks(IDataView data, string taskColumn) => Read(null, new SourceColumn(data, taskColumn), null).TaskNames;

    /// <summary>The numbers of the labelled rows of each task. If rows have an order, they are sorted by time, and rows of the same time keep the order of the data.</summary>
    public int[][] RowsByTask()
    {
        var rows = new List<int>[TaskNames.Count];
        for (int task = 0; task < rows.Length; task++)
            rows[task] = [];
        for (int row = 0; row < Labels.Length; row++)
        {
            if (!float.IsNaN(Labels[row]))
                rows[TaskOfRow[row]].Add(row);
        }

        return Array.ConvertAll(rows, list => Times.Length > 0 ? [.. list.OrderBy(row => Times[row])] : list.ToArray());
    }

    /// <summary>The numbers of the rows of some tasks, with or without a label, in ascending order.</summary>
    public int[] RowsOf(IReadOnlySet<string> tasks) => [.. Enumerable.Range(0, TaskOfRow.Length).Where(row => tasks.Contains(TaskNames[TaskOfRow[row]]))];

    /// <summary>A subset of the rows, with only the tasks of these rows.</summary>
    /// <param name="rows">The numbers of the rows.</param>
    public LabeledRows Subset(int[] rows)
    {
        var tasks = new NameNumbers();
        return this with
        {
            TaskOfRow = [.. rows.Select(row => tasks.Of(TaskNames[TaskOfRow[row]]))],
            TaskNames = tasks.Names,
            Labels = Labels.Length > 0 ? [.. rows.Select(row => Labels[row])] : [],
            Times = Times.Length > 0 ? [.. rows.Select(row => Times[row])] : [],
        };
    }

    /// <summary>Whether other rows have the same tasks, labels and times, in the same order.</summary>
    public bool IsSameAs(LabeledRows other) =>
        TaskOfRow.SequenceEqual(other.TaskOfRow) && TaskNames.SequenceEqual(other.TaskNames) && Classes.Names.SequenceEqual(other.Classes.Names) && Labels.SequenceEqual(other.Labels) && Times.SequenceEqual(other.Times);
}
