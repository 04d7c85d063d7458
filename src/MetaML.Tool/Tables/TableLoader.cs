using System.Runtime.InteropServices;
using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>Reads a file by a plan.</summary>
internal static class TableLoader
{
    /// <summary>The largest number of cells that become features.</summary>
    public const long MaximumCells = 1_000_000_000;

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="labels">Whether labels are read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ToolException">A column is absent, a cell has no valid value, or a row has no task.</exception>
    public static LoadedTable Load(TableFile file, TablePlan plan, LabelUse labels, CancellationToken cancellationToken = default)
    {
        int[] tasks = [.. plan.TaskColumns.Select(name => Find(file, name, "task"))];
        int label = labels == LabelUse.Required ? Find(file, plan.LabelColumn, "label") : -1;
        int[] features = [.. plan.Features.Select(column => Find(file, column.Name, "features"))];
        CellReader[] readers = [.. plan.Features.Select(column => CellReader.Of(column, plan.Missing))];
        var labelReader = new LabelReader(plan);
        var task = new ValueColumn<ReadOnlyMemory<char>>(plan.TaskColumn, TextDataViewType.Instance);
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var known = new HashSet<string>(StringComparer.Ordinal);
        var format = new CellFormat(false, plan.Missing);
        int skipped = 0;
        using RowReader rows = file.OpenRows();
        for (long row = 1; rows.Read(); row++)
        {
            if (row % 10_000 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (row * features.Length > MaximumCells)
                throw new ToolException($"'{file.Path}' must have at most {MaximumCells:N0} cells of features; it has more than {row:N0} rows of {features.Length:N0} columns. Use fewer rows or --ignore columns.");
            if (label >= 0 && labelReader.IsMissing(rows[label]))
            {
                skipped++;
                continue;
            }

            string name = TaskName(rows, tasks, format, plan, known);
            CollectionsMarshal.GetValueRefOrAddDefault(names, name, out _)++;
            task.Values.Add(name.AsMemory());
            if (label >= 0)
                labelReader.Add(rows[label], rows);
            else
                labelReader.AddNone();
            for (int i = 0; i < readers.Length; i++)
                readers[i].Add(rows[features[i]], rows);
        }

        if (task.Values.Count == 0)
            throw new ToolException($"'{file.Path}' must have at least one row{(label >= 0 ? $" with a label in column '{plan.LabelColumn}'" : "")}; it has none.");
        return new LoadedTable(new TableView([task, labelReader.Column, .. readers.SelectMany(reader => reader.Columns)], task.Values.Count), names, skipped);
    }

    private static string TaskName(RowReader rows, int[] columns, CellFormat format, TablePlan plan, HashSet<string> known)
    {
        foreach (int column in columns)
        {
            if (format.IsMissing(rows[column]))
                throw new ToolException($"Column '{plan.TaskColumns[Array.IndexOf(columns, column)]}' must name the task of each row; got '{rows[column]}' on {rows.Place}. Name the task, or remove the row.");
        }

        return columns.Length == 1
            ? CellReader.Shared(known, rows[columns[0]])
            : CellReader.Shared(known, string.Join(" / ", columns.Select(column => rows[column].ToString())));
    }

    private static int Find(TableFile file, string name, string use)
    {
        for (int i = 0; i < file.Names.Count; i++)
        {
            if (file.Names[i] == name)
                return i;
        }

        throw new ToolException($"'{file.Path}' must have the column '{name}' for the {use}, as the training file had; got {NameOrder.List(file.Names)}. Add the column, or correct its name in the first line.");
    }
}
