using System.Globalization;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Creates the report of a few-shot evaluation of several strategies.</summary>
internal static class FewShotReport
{
    public static Report Of(FewShotEvaluation evaluation)
    {
        int direction = evaluation.Metric.IsHigherBetter() ? -1 : 1;
        FewShotCurve[] bestFirst =
            [.. evaluation.Curves.OrderBy(curve => curve.Overall is null).ThenBy(curve => direction * (curve.Overall?[evaluation.Metric].Macro.Mean ?? 0))];
        FewShotCurve best = bestFirst[0];
        FewShotCurve? rival = bestFirst.FirstOrDefault(curve => curve.Overall is not null && curve.Kind == StrategyKind.FromScratch && curve != best)
            ?? bestFirst.Skip(1).FirstOrDefault(curve => curve.Overall is not null);
        PairedComparison? comparison = best.Overall is null || rival is null ? null : evaluation.Compare(best.Strategy, rival.Strategy);
        string metric = evaluation.Metric.DisplayName(), tasks = Display.Count(best.Overall?.Tasks.Count ?? 0, "task");

        return new Report("Few-shot evaluation", Headline(evaluation, best, comparison, tasks))
        {
            Facts =
            [
                .. best.Overall is null ? [] : new[] { ("Best", Display.Line(best.Strategy)), (Display.Sentence(metric), Display.Interval(best.Overall[evaluation.Metric].Macro)) },
                .. comparison is null ? [] : new[] { ("Tasks better / equal / worse", $"{comparison.Wins} / {comparison.Ties} / {comparison.Losses}") },
            ],
            Sections =
            [
                new ReportSection("comparison", "The comparison")
                {
                    Text = [$"Mean {metric} over {tasks} and all support sizes, with its 95 % interval{(evaluation.Metric.IsHigherBetter() ? "" : "; lower is better")}."],
                    Figures = best.Overall is null ? [] : [new ScoresFigure(metric, "tasks", [.. bestFirst.Where(curve => curve.Overall is not null).Select(curve => new StrategyScore(curve.Strategy, curve.Kind, curve.Overall![evaluation.Metric].Macro))], best.Strategy)],
                    Tables = [Table(evaluation, bestFirst)],
                },
                CommonSections.FewShot(evaluation, tasks),
                CommonSections.TaskByTask(comparison, tasks),
                CommonSections.Metrics(best.Overall, $"‘{Display.Line(best.Strategy)}’ on {tasks}: each task’s metrics are means over its draws and support sizes."),
                CommonSections.Unscored(evaluation.Curves.Select(curve => (curve.Strategy, curve.Overall))),
                CommonSections.Failures(evaluation.Curves.Select(curve => (curve.Strategy, curve.Exception))),
                new ReportSection("run", "Settings")
                {
                    Tables =
                    [
                        CommonSections.Pairs("The evaluation", [
                            ("Support sizes", string.Join(", ", evaluation.SupportSizes.Select(size => size.ToString(CultureInfo.InvariantCulture))) + (evaluation.IsPerClass ? " rows of each class" : " rows of each task")),
                            ("Draws of each task", Display.Count(evaluation.Draws)),
                            .. evaluation.IsInTimeOrder ? new[] { ("Order", "support before query, in time") } : [],
                            ("Seed", evaluation.Seed.ToString(CultureInfo.InvariantCulture)),
                            .. evaluation.SkippedTasks.Count == 0 ? [] : new[] { ("Skipped, too few rows", string.Join(", ", evaluation.SkippedTasks.Take(CommonSections.TasksListed)) + (evaluation.SkippedTasks.Count > CommonSections.TasksListed ? $" and {Display.Count(evaluation.SkippedTasks.Count - CommonSections.TasksListed)} more" : "")) },
                        ]),
                    ],
                },
            ],
        };
    }

    private static string Headline(FewShotEvaluation evaluation, FewShotCurve best, PairedComparison? comparison, string tasks)
    {
        if (best.Overall is null)
            return "All strategies failed.";
        string sentence = $"‘{Display.Line(best.Strategy)}’ is best: {evaluation.Metric.DisplayName()} {Display.Interval(best.Overall[evaluation.Metric].Macro)} over {tasks}";
        return comparison is null
            ? $"{sentence}."
            : $"{sentence}, {Display.Number(Math.Abs(comparison.Gain.Mean))} better than ‘{Display.Line(comparison.Baseline)}’{(comparison.Gain.Lower > 0 ? "" : ", but the 95 % interval of this difference includes zero")}.";
    }

    private static bool HasProbabilities(FewShotEvaluation evaluation) => evaluation.Curves.Any(curve => curve.Overall?.Reliability is not null);

    private static ReportTable Table(FewShotEvaluation evaluation, FewShotCurve[] bestFirst) => new(
        "All strategies, the best first; click a column header to sort by it",
        [("Strategy", false), ("Kind", false), .. Display.Metrics(evaluation).Select(metric => (Display.Sentence(metric.DisplayName()), true)), .. HasProbabilities(evaluation) ? [("Calibration error", true)] : Array.Empty<(string, bool)>(), ("Time", true)],
        [.. bestFirst.Select(curve => (IReadOnlyList<Cell>)
        [
            Display.Line(curve.Strategy), Display.Kind(curve.Kind),
            .. Display.Metrics(evaluation).Select(metric => curve.Overall is null ? new Cell("failed", double.NaN) : Cell.Of(curve.Overall[metric].Macro)),
            .. HasProbabilities(evaluation) ? [curve.Overall?.Reliability is { } reliability ? Cell.Of(reliability.ExpectedCalibrationError) : Cell.Empty] : Array.Empty<Cell>(),
            new Cell(Display.Seconds(curve.RuntimeInSeconds), curve.RuntimeInSeconds),
        ])])
    {
        Highlighted = bestFirst[0].Overall is null ? -1 : 0,
    };
}
