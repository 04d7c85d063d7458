using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Tables;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Learns across the tasks of a file and writes a model.</summary>
internal sealed class TrainCommand : TrainingFileCommand<TrainSettings>
{
    protected override void Run(Screen screen, TrainSettings settings, TablePlan plan, LoadedTable table, CancellationToken cancellationToken)
    {
        var ml = new MLContext(settings.Seed);
        _ = TorchLibrary.IsPresent; // loads it from the folder that the user names
        ITransformer model = screen.Run(NumberText.Text($"Learning from {table.View.RowCount:N0} rows of {table.TaskNames.Count:N0} tasks"), progress => Learner.Pipeline(ml, plan, new MetaLearnerOptions
        {
            Seed = settings.Seed,
            MaximumTrainingTime = settings.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            CancellationToken = cancellationToken,
            Progress = screen.IsLive ? new StepText(progress) : null,
        }, settings.UsesTrees).Fit(table.View));
        ModelFile.Save(ml, model, table, settings.Output);
        OutputDescription output = ml.MetaLearning().Describe(model).Outputs[0];
        foreach (string reason in output.Training?.Reasons ?? [])
            screen.Note($"  - {reason}");
        screen.Line(NumberText.Text($"The model is {settings.Output}. It knows {table.TaskNames.Count:N0} tasks."));
        screen.Json(new
        {
            Model = settings.Output,
            plan.TaskColumn,
            plan.LabelColumn,
            plan.LabelKind,
            TaskCount = table.TaskNames.Count,
            table.View.RowCount,
            table.SkippedRows,
            output.Training?.Reasons,
            settings.Seed,
        });
    }

    private sealed class StepText(IProgress<string> progress) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => progress.Report(NumberText.Text($"step {value.Iteration:N0} of at most {value.MaximumNumberOfIterations:N0}, loss {value.TrainingLoss:F4}"));
    }
}
