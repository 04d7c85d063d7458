using System.Globalization;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Sections that occur in several kinds of reports.</summary>
internal static class CommonSections
{
    /// <summary>The largest number of tasks that a table lists.</summary>
    public const int TasksListed = 40;

    private const int RowsListed = 5;

    /// <summary>The name of the file with all tasks, for the note of a shortened table.</summary>
    public const string AllTasks = "the CSV file of the tasks";

    /// <summary>The section that shows the metric against the number of support rows.</summary>
    public static ReportSection FewShot(FewShotEvaluation evaluation, string tasks)
    {
        FewShotCurve[] curves = [.. evaluation.Curves.Where(curve => curve.Points.Count > 0)];
        string metric = evaluation.Metric.DisplayName(), unit = evaluation.IsPerClass ? "support rows of each class" : "support rows of each task";
        return new ReportSection("few-rows", "Results by number of support rows")
        {
            Text = [$"{Display.Sentence(metric)} on {tasks}, against the number of {unit}: mean over the tasks with its 95 % interval. All strategies had the same {Display.Count(evaluation.Draws, "draw")} of support rows and were evaluated on the same query rows."],
            Figures = curves.Length > 0 && evaluation.SupportSizes.Count > 1 ? [new FewShotFigure(evaluation, unit)] : [],
            Tables = curves.Length == 0 ? [] :
            [
                new ReportTable(
                    $"{Display.Sentence(metric)} by {unit}",
                    [("Strategy", false), .. evaluation.SupportSizes.Select(size => (Display.Count(size), true))],
                    [.. curves.Select(curve => (IReadOnlyList<Cell>)[Display.Line(curve.Strategy), .. evaluation.SupportSizes.Select(size => MeanCell(curve, size, evaluation.Metric))])]),
            ],
        };
    }

    /// <summary>The section that compares two strategies on each task.</summary>
    public static ReportSection TaskByTask(PairedComparison? comparison, string tasks)
    {
        if (comparison is null || comparison.Tasks.Count == 0)
            return new ReportSection("tasks", "Task by task");
        TaskComparison[] bestFirst = [.. comparison.Tasks.OrderByDescending(task => task.Gain)];
        return new ReportSection("tasks", "Task by task")
        {
            Text =
            [
                $"‘{Display.Line(comparison.Strategy)}’ against ‘{Display.Line(comparison.Baseline)}’ on {tasks}: {Display.Count(comparison.Wins)} tasks better, {Display.Count(comparison.Ties)} equal, {Display.Count(comparison.Losses)} worse; on average {Display.Gain(comparison.Gain)} in {comparison.Metric.DisplayName()}{Direction(comparison.Metric)}.",
            ],
            Figures = bestFirst.Length > DumbbellFigure.MostTasks ? [new DumbbellFigure(comparison), RankedFigure.OfGains(comparison)] : [new DumbbellFigure(comparison)],
            Tables = [Table("Each task, the largest gain first", comparison, bestFirst).Shortened(TasksListed, AllTasks)],
        };
    }

    /// <summary>The section that lists the tasks for which learning across tasks is worse.</summary>
    public static ReportSection Losing(PairedComparison? comparison, bool isNegativeTransfer)
    {
        TaskComparison[] losing = [.. comparison?.LosingTasks ?? []];
        var section = new ReportSection("losing", isNegativeTransfer ? "Negative transfer" : "Tasks with worse results");
        if (comparison is null || (losing.Length == 0 && !isNegativeTransfer))
            return section;
        return section with
        {
            Text =
            [
                isNegativeTransfer
                    ? "Learning across tasks is not better here than learning each task alone. Use the simpler strategy."
                    : $"Learning across tasks helps on average, but {(losing.Length == 1 ? "this task has a better result" : "these tasks have better results")} from scratch.",
            ],
            Tables = losing.Length == 0 ? [] : [Table("Tasks with worse results by learning across tasks, the largest loss first", comparison, losing).Shortened(TasksListed, AllTasks)],
        };
    }

    /// <summary>The section with the means of all metrics over the tasks.</summary>
    public static ReportSection Metrics(TaskEvaluation? evaluation, string text) => new("metrics", "All metrics")
    {
        Text = evaluation?.Reliability is { } reliability ? [text, $"Expected calibration error {Display.Number(reliability.ExpectedCalibrationError)} over {Display.Count(reliability.RowCount, "prediction")}: the mean distance of the predicted probabilities from the observed shares in ten bins. Calibrated probabilities lie on the diagonal; the area of a mark is its share of the predictions."] : [text],
        Figures = evaluation?.Reliability is { } shown ? [new ReliabilityFigure(shown)] : [],
        Tables = evaluation is null ? [] :
        [
            new ReportTable(
                "Each metric over tasks",
                [("Metric", false), ("Mean of tasks", true), ("Weighted by rows", true), ("Worst tenth of tasks", true), ("Undefined for", true)],
                [.. evaluation.Summaries.Select(summary => (IReadOnlyList<Cell>)
                [
                    summary.Metric.DisplayName() + (summary.Metric.IsHigherBetter() ? "" : " (lower is better)"), Cell.Of(summary.Macro), Cell.Of(summary.RowWeightedMean), Cell.Of(summary.WorstDecile),
                    new Cell(Display.Count(summary.UndefinedCount, "task"), summary.UndefinedCount),
                ])]),
        ],
    };

    /// <summary>The rows without a score, by strategy.</summary>
    public static ReportSection Unscored(IEnumerable<(string Strategy, TaskEvaluation? Evaluation)> evaluations) => new("unscored", "Rows without a score")
    {
        Tables = evaluations.Where(each => each.Evaluation?.UnscoredRowCount > 0).ToArray() is { Length: > 0 } lacking
            ? [new ReportTable("Rows that the metrics leave out", [("Strategy", false), ("Rows", false)], [.. lacking.Select(each => (IReadOnlyList<Cell>)[Display.Line(each.Strategy), Unscored(each.Evaluation!)])])]
            : [],
    };

    /// <summary>How many rows have no score, and which they are; empty if all rows have a score.</summary>
    public static string Unscored(TaskEvaluation evaluation)
    {
        TaskMetrics[] tasks = [.. evaluation.Tasks.Where(task => task.UnscoredRowCount > 0)];
        string Rows(TaskMetrics task) => $"{Display.Line(task.Task)} (row {string.Join(", ", task.UnscoredRows.Take(RowsListed).Select(row => row.ToString(CultureInfo.InvariantCulture)))}{(task.UnscoredRowCount > RowsListed ? ", …" : "")})";
        return tasks.Length == 0
            ? ""
            : $"{Display.Count(evaluation.UnscoredRowCount, "row")} had no usable score and {(evaluation.UnscoredRowCount == 1 ? "is" : "are")} left out. Counted from 0, they are of {string.Join("; ", tasks.Take(TasksListed).Select(Rows))}{(tasks.Length > TasksListed ? "; …" : "")}.";
    }

    /// <summary>A table of names and values.</summary>
    public static ReportTable Pairs(string caption, IEnumerable<(string Name, string Value)> pairs) => new(
        caption, [("Name", false), ("Value", false)], [.. pairs.Select(pair => (IReadOnlyList<Cell>)[Display.Line(pair.Name), Display.Line(pair.Value)])]);

    /// <summary>The section that lists the failed strategies with their errors.</summary>
    public static ReportSection Failures(IEnumerable<(string Strategy, Exception? Exception)> runs) => new("failures", "Failures")
    {
        Tables = runs.Where(run => run.Exception is not null).ToArray() is { Length: > 0 } failed
            ? [new ReportTable("Strategies that failed", [("Strategy", false), ("Error", false)], [.. failed.Select(run => (IReadOnlyList<Cell>)[Display.Line(run.Strategy), Display.Line(run.Exception!.Message)])])]
            : [],
    };

    /// <summary>A note for metrics of which lower values are better; empty for other metrics.</summary>
    public static string Direction(TaskMetric metric) => metric.IsHigherBetter() ? "" : " (lower is better; the gain is the decrease)";

    private static Cell MeanCell(FewShotCurve curve, int size, TaskMetric metric) =>
        Cell.Of(curve.Points.FirstOrDefault(point => point.SupportSize == size)?.Evaluation[metric].Macro);

    private static ReportTable Table(string caption, PairedComparison comparison, TaskComparison[] tasks) => new(
        caption,
        [("Task", false), (Display.Line(comparison.Baseline), true), (Display.Line(comparison.Strategy), true), ("Gain", true)],
        [.. tasks.Select(task => (IReadOnlyList<Cell>)[Display.Line(task.Task), Cell.Of(task.Baseline), Cell.Of(task.Strategy), Cell.Gain(task.Gain)])]);
}
