using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Learns new tasks from a few rows each, and writes a model that knows them too.</summary>
internal sealed class AdaptCommand : ToolCommand<AdaptSettings>
{
    protected override void Run(Screen screen, AdaptSettings settings, CancellationToken cancellationToken)
    {
        var ml = new MLContext(seed: 1);
        _ = TorchLibrary.IsPresent;
        ModelFile model = ModelFile.Load(ml, settings.Model);
        LoadedTable table = TableLoader.Load(TableFile.Open(settings.File), model.Plan, LabelUse.Required, cancellationToken);
        string[] replaced = [.. table.TaskNames.Keys.Where(task => ml.MetaLearning().KnowsTask(model.Transformer, task))];
        ITransformer adapted = ml.MetaLearning().Adapt(model.Transformer, table.View, cancellationToken: cancellationToken);
        ModelFile.Save(ml, adapted, table, settings.Output);

        foreach (var (task, rows) in table.TaskNames.Take(10))
            screen.Line(NumberText.Text($"{task}: learned from {rows:N0} rows{(replaced.Contains(task) ? "; replaces what the model knew" : "")}"));
        if (table.TaskNames.Count > 10)
            screen.Line(NumberText.Text($"and {table.TaskNames.Count - 10:N0} more"));
        if (table.SkippedRows > 0)
            screen.Note(NumberText.Text($"Note: {table.SkippedRows:N0} rows without a label are left out."));
        screen.Line($"The model is {settings.Output}.");
        screen.Json(new { Model = settings.Output, Tasks = table.TaskNames.Select(pair => new { Task = pair.Key, RowCount = pair.Value, IsReplaced = replaced.Contains(pair.Key) }), table.SkippedRows });
    }
}
