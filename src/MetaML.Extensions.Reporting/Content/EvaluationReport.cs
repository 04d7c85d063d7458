using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Creates the report of an evaluation by task.</summary>
internal static class EvaluationReport
{
    public static Report Of(TaskEvaluation evaluation)
    {
        TaskMetric metric = evaluation.Kind.Metrics()[0];
        TaskMetricSummary summary = evaluation[metric];
        TaskMetrics[] bestFirst =
            [.. evaluation.Tasks.OrderBy(task => double.IsNaN(task[metric])).ThenBy(task => (metric.IsHigherBetter() ? -1 : 1) * task[metric])];
        string tasks = Display.Count(evaluation.Tasks.Count, "task");
        return new Report(
            "Evaluation per task",
            $"{Display.Sentence(metric.DisplayName())} {Display.Interval(summary.Macro)} over {tasks}; {Display.Number(summary.WorstDecile)} over the worst tenth of them.")
        {
            Facts = [("Tasks", Display.Count(evaluation.Tasks.Count)), ("Rows", Display.Count(evaluation.Tasks.Sum(task => (long)task.RowCount)))],
            Sections =
            [
                CommonSections.Metrics(evaluation.Tasks.Count > 0 ? evaluation : null, "Means over tasks with their 95 % intervals. A mean leaves out the tasks for which the metric is undefined."),
                new ReportSection("tasks", "Task by task")
                {
                    Text = evaluation.UnscoredRowCount > 0 ? [CommonSections.Unscored(evaluation)] : [],
                    Figures = summary.Macro.Count > 1 ? [RankedFigure.OfTasks(metric, evaluation)] : [],
                    Tables = bestFirst.Length == 0 ? [] :
                    [
                        new ReportTable(
                            "Each task, the best first",
                            [("Task", false), ("Rows", true), .. evaluation.Kind.Metrics().Select(each => (Display.Sentence(each.DisplayName()), true))],
                            [.. bestFirst.Select(task => (IReadOnlyList<Cell>)[Display.Line(task.Task), Cell.Count(task.RowCount), .. evaluation.Kind.Metrics().Select(each => Cell.Of(task[each]))])])
                            .Shortened(CommonSections.TasksListed, CommonSections.AllTasks),
                    ],
                },
            ],
        };
    }
}
