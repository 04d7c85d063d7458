using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>Task and label of every row of a data view; nothing else is read.</summary>
/// <param name="Kind">What the labels are.</param>
/// <param name="TaskNames">The tasks, in the order in which they first appear.</param>
/// <param name="TaskOfRow">For each row, its task's number.</param>
/// <param name="Labels">For each row, 0 or 1, the number of its class, or the value; NaN where it has none.</param>
/// <param name="ClassNames">The classes as text; empty unless multiclass.</param>
internal sealed record LabeledRows(LabelKind Kind, IReadOnlyList<string> TaskNames, int[] TaskOfRow, float[] Labels, IReadOnlyList<string> ClassNames)
{
    private const int RowsPerCheck = 1024;

    /// <summary>Reads a view once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task.</exception>
    public static LabeledRows Read(IDataView data, string labelColumn, string taskColumn, CancellationToken cancellationToken = default) =>
        Read(data, labelColumn, taskColumn, null, cancellationToken);

    /// <summary>Reads a scored view once.</summary>
    /// <param name="data">The view.</param>
    /// <param name="labelColumn">The label.</param>
    /// <param name="taskColumn">The task.</param>
    /// <param name="scoreColumn">What a trainer made of the rows, which says whether Single labels are yes/no answers; null where they are not scored.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task.</exception>
    public static LabeledRows Read(IDataView data, string labelColumn, string taskColumn, string? scoreColumn, CancellationToken cancellationToken = default)
    {
        LabelKind kind = LabelKinds.Of(data.Schema, labelColumn, scoreColumn);
        ColumnNames.CheckTask(data.Schema, taskColumn);
        DataViewSchema.Column label = data.Schema[labelColumn];
        using DataViewRowCursor cursor = data.GetRowCursor([label, data.Schema[taskColumn]]);
        Func<string?> getTask = Data.TaskNames.Getter(cursor, taskColumn);
        var classes = new List<string>();
        Func<float> getLabel = label.Type is TextDataViewType ? TextLabel(cursor, label, classes) : NumberLabel(cursor, label);

        var names = new List<string>();
        var numbers = new Dictionary<string, int>();
        var taskOfRow = new List<int>();
        var labels = new List<float>();
        while (cursor.MoveNext())
        {
            if (cursor.Position % RowsPerCheck == 0)
                cancellationToken.ThrowIfCancellationRequested();
            string task = getTask() ?? throw Data.TaskNames.Missing(data.Schema[taskColumn], cursor.Position);
            if (!numbers.TryGetValue(task, out int number))
            {
                numbers[task] = number = names.Count;
                names.Add(task);
            }

            taskOfRow.Add(number);
            labels.Add(getLabel());
        }

        return new LabeledRows(kind, names, [.. taskOfRow], [.. labels], label.Type is KeyDataViewType ? KeyVocabulary.Of(label).Names : classes);
    }

    /// <summary>The names of the tasks alone.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">A row has no task: it would be in no part of a split.</exception>
    public static IReadOnlyList<string> ReadTasks(IDataView data, string taskColumn)
    {
        ColumnNames.CheckTask(data.Schema, taskColumn);
        using DataViewRowCursor cursor = data.GetRowCursor([data.Schema[taskColumn]]);
        Func<string?> getTask = Data.TaskNames.Getter(cursor, taskColumn);
        var names = new List<string>();
        var seen = new HashSet<string>();
        while (cursor.MoveNext())
        {
            string task = getTask() ?? throw Data.TaskNames.Missing(data.Schema[taskColumn], cursor.Position);
            if (seen.Add(task))
                names.Add(task);
        }

        return names;
    }

    /// <summary>For each task, the numbers of its rows that have a label.</summary>
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

        return Array.ConvertAll(rows, list => list.ToArray());
    }

    private static Func<float> NumberLabel(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<float> getter = ColumnGetters.Label(row, column);
        float label = 0;
        return () =>
        {
            getter(ref label);
            return label;
        };
    }

    private static Func<float> TextLabel(DataViewRow row, DataViewSchema.Column column, List<string> classes)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        var numbers = new Dictionary<string, int>();
        return () =>
        {
            getter(ref text);
            if (text.IsEmpty)
                return float.NaN;
            string name = text.ToString();
            if (!numbers.TryGetValue(name, out int number))
            {
                numbers[name] = number = classes.Count;
                classes.Add(name);
            }

            return number;
        };
    }
}
