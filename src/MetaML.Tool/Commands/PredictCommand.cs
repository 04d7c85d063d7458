using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Writes the rows of a file with their predictions.</summary>
internal sealed class PredictCommand : ToolCommand<PredictSettings>
{
    protected override void Run(Screen screen, PredictSettings settings, CancellationToken cancellationToken)
    {
        var ml = new MLContext(seed: 1);
        ModelFile model = ModelFile.Load(ml, settings.Model);
        TableFile file = TableFile.Open(settings.File);
        LoadedTable table = TableLoader.Load(file, model.Plan, LabelUse.Ignored, cancellationToken);
        IDataView scored = model.Transformer.Transform(table.View);
        var used = new HashSet<string>(file.Names, StringComparer.Ordinal);
        string[] names = [.. file.Names, .. Predictions.Names(model.Plan, scored.Schema).Select(name => ColumnNames.Unused(name, used))];
        using RowReader rows = file.OpenRows();
        long count = CsvOutput.Write(settings.Output, names, Predictions.Read(model.Plan, scored).Select(cells => WithInput(rows, cells)));

        string[] unknown = [.. table.TaskNames.Keys.Where(task => !ml.MetaLearning().KnowsTask(model.Transformer, task))];
        if (unknown.Length > 0)
            screen.Note(NumberText.Text($"Note: the model does not know {unknown.Length:N0} of {table.TaskNames.Count:N0} tasks, such as '{unknown[0]}'. Their predictions are those of an average task. 'metaml adapt' learns them from labelled rows."));
        if (settings.Output is not null)
            screen.Line(NumberText.Text($"{count:N0} rows with predictions are in {settings.Output}."));
        screen.Json(new { settings.Output, RowCount = count, TaskCount = table.TaskNames.Count, UnknownTasks = unknown });
    }

    private static string[] WithInput(RowReader rows, string[] cells)
    {
        rows.Read();
        string[] all = new string[rows.Names.Count + cells.Length];
        for (int i = 0; i < rows.Names.Count; i++)
            all[i] = rows[i].ToString();
        cells.CopyTo(all, rows.Names.Count);
        return all;
    }
}
