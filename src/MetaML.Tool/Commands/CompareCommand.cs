using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Tables;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Compares strategies on tasks that they were not trained on, and says whether learning across tasks helps.</summary>
internal sealed class CompareCommand : TrainingFileCommand<CompareSettings>
{
    protected override void Run(Screen screen, CompareSettings settings, TablePlan plan, LoadedTable table, CancellationToken cancellationToken)
    {
        var ml = new MLContext(settings.Seed);
        if (!TorchLibrary.IsPresent)
            screen.Note($"Note: networks are not compared, because libtorch is absent. Set {TorchLibrary.Variable} to its folder to compare them.");
        var experiment = new TaskExperimentSettings { MaxExperimentTimeInSeconds = (uint)settings.Seconds, Seed = settings.Seed, CancellationToken = cancellationToken };
        ExperimentResult result = RunList.Show(screen, NumberText.Text($"Comparing strategies on {table.TaskNames.Count:N0} tasks, at most {settings.Seconds} s"), runs =>
            new Comparison(ml, plan, table).Run(experiment, settings.SupportSizes, settings.Metric, runs));

        FewShotEvaluation evaluation = result.Test ?? result.Validation;
        screen.Line();
        screen.Line(NumberText.Text($"{result.Metric.DisplayName()} on {evaluation.Curves[0].Overall!.Tasks.Count:N0} tasks that no strategy was trained on, by number of labelled rows (mean and 95 % interval over tasks):"));
        screen.Line();
        screen.Table(["strategy", .. evaluation.SupportSizes.Select(size => NumberText.Text($"{size:N0} rows"))], evaluation.Curves.Where(curve => curve.Overall is not null).Select(curve => (string[])
            [curve.Strategy, .. curve.Points.Select(point => NumberText.Of(point.Evaluation[result.Metric].Macro))]));
        screen.Line();
        screen.Line(result.Recommendation);
        if (result.BestRun.TrainerName == Comparison.OnTrees)
            screen.Line("Train it with 'metaml train --trees'.");
        if (settings.Report is { } report)
        {
            result.SaveHtml(report);
            screen.Line($"The report is {report}.");
        }

        screen.Json(new
        {
            settings.File,
            plan.TaskColumn,
            plan.LabelColumn,
            plan.LabelKind,
            TaskCount = table.TaskNames.Count,
            table.View.RowCount,
            result.Verdict,
            result.Recommendation,
            Best = result.BestRun.TrainerName,
            result.Metric,
            Gain = result.Transfer?.Gain,
            Strategies = evaluation.Curves.Where(curve => curve.Overall is not null).Select(curve => new
            {
                curve.Strategy,
                curve.Kind,
                Points = curve.Points.Select(point => new { point.SupportSize, point.Evaluation[result.Metric].Macro.Mean, point.Evaluation[result.Metric].Macro.HalfWidth }),
            }),
            LosingTasks = result.LosingTasks.Select(task => task.Task),
            Failed = result.RunDetails.Where(run => run.Exception is not null).Select(run => new { run.TrainerName, run.Exception!.Message }),
            settings.Report,
            settings.Seed,
        });
    }
}
