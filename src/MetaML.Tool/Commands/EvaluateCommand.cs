using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Compares the predictions of a model with the labels of a file, task by task.</summary>
internal sealed class EvaluateCommand : ToolCommand<EvaluateSettings>
{
    private const int TasksShown = 10;

    protected override void Run(Screen screen, EvaluateSettings settings, CancellationToken cancellationToken)
    {
        var ml = new MLContext(settings.Seed);
        _ = TorchLibrary.IsPresent;
        ModelFile model = ModelFile.Load(ml, settings.Model);
        TablePlan plan = model.Plan;
        LoadedTable table = TableLoader.Load(TableFile.Open(settings.File), plan, LabelUse.Required, cancellationToken);
        (ITransformer transformer, IDataView rows) = (model.Transformer, table.View);
        if (settings.SupportSize is { } size)
        {
            SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(rows, size, labelColumnName: plan.LabelColumn, taskColumnName: plan.TaskColumn, seed: settings.Seed);
            (transformer, rows) = (ml.MetaLearning().Adapt(transformer, split.Support, cancellationToken: cancellationToken), split.Query);
        }

        TaskEvaluation evaluation = ml.MetaLearning().EvaluateTasks(transformer.Transform(rows), plan.LabelColumn, plan.TaskColumn);
        int unknown = settings.SupportSize is null ? table.TaskNames.Keys.Count(task => !ml.MetaLearning().KnowsTask(transformer, task)) : 0;
        screen.Line(NumberText.Text($"{evaluation.Tasks.Sum(task => task.RowCount):N0} rows of {evaluation.Tasks.Count:N0} tasks{(settings.SupportSize is { } support ? $", each learned from {support:N0} other rows" : "")}{(unknown > 0 ? $"; the model does not know {unknown:N0} of them" : "")}"));
        screen.Line();
        screen.Table(["metric", "mean over tasks, 95 %", "all rows", "worst tenth of tasks"], evaluation.Summaries.Select(summary => new[]
        {
            summary.Metric.DisplayName(), NumberText.Of(summary.Macro), NumberText.Of(summary.RowWeightedMean), NumberText.Of(summary.WorstDecile),
        }));
        TaskMetric first = plan.LabelKind.Metrics()[0];
        screen.Line();
        screen.Line($"The worst tasks by {first.DisplayName()}:");
        foreach (TaskMetrics task in evaluation.Tasks.OrderBy(task => first.IsHigherBetter() ? task[first] : -task[first]).Take(TasksShown))
            screen.Line(NumberText.Text($"  {task.Task}: {NumberText.Of(task[first])} ({task.RowCount:N0} rows)"));
        if (settings.Report is { } report)
        {
            evaluation.SaveHtml(report);
            screen.Line($"The report is {report}.");
        }

        screen.Json(new
        {
            settings.Model,
            settings.File,
            settings.SupportSize,
            UnknownTaskCount = unknown,
            Metrics = evaluation.Summaries.Select(summary => new { summary.Metric, summary.Macro.Mean, summary.Macro.HalfWidth, summary.RowWeightedMean, summary.WorstDecile }),
            Tasks = evaluation.Tasks.Select(task => new { task.Task, task.RowCount, task.Values }),
            settings.Report,
        });
    }
}
