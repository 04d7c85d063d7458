using MetaML.Tool.Columns;
using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;

namespace MetaML.Tool.Commands;

/// <summary>A command that learns from a file. It describes the file, shows how the columns are used, and reads the rows.</summary>
internal abstract class TrainingFileCommand<TSettings> : ToolCommand<TSettings>
    where TSettings : TrainingFileSettings
{
    protected sealed override void Run(Screen screen, TSettings settings, CancellationToken cancellationToken)
    {
        TableFile file = TableFile.Open(settings.File);
        TableDescription description = Describe(screen, file, settings.Missing, cancellationToken);
        TablePlan plan = new Planner(description, settings.Request).Make();
        string[] unused = [.. description.Columns.Select(column => column.Name).Except([.. plan.TaskColumns, plan.LabelColumn, .. plan.Features.Select(column => column.Name)])];
        screen.Line(NumberText.Text($"{file.Path}: {description.RowCount:N0} rows"));
        TableText.Show(screen, plan, unused);
        foreach (string note in description.Notes)
            screen.Note($"Note: {note}");
        LoadedTable table = TableLoader.Load(file, plan, LabelUse.Required, cancellationToken);
        if (table.SkippedRows > 0)
            screen.Note(NumberText.Text($"Note: {table.SkippedRows:N0} rows without a label are left out."));
        if (table.TaskNames.Count < 2)
            throw new ToolException($"Column '{plan.TaskColumn}' must have at least two values in rows with a label to be the task; got '{table.TaskNames.Keys.First()}'. With one task there is nothing to learn across. Choose another column.");
        Run(screen, settings, plan, table, cancellationToken);
    }

    /// <summary>Runs the command on the rows.</summary>
    protected abstract void Run(Screen screen, TSettings settings, TablePlan plan, LoadedTable table, CancellationToken cancellationToken);
}
