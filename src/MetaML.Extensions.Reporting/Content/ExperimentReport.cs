using System.Globalization;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>What there is to say about an experiment.</summary>
internal static class ExperimentReport
{
    private const int LearningCurvesShown = 4;

    public static Report Of(ExperimentResult result)
    {
        FewShotEvaluation judged = result.Test ?? result.Validation;
        string tasks = Tasks(result);
        string metric = result.Metric.DisplayName();
        return new Report("Does learning across tasks help?", result.Recommendation)
        {
            Verdict = Verdict(result.Verdict),
            Facts = [.. Facts(result, metric)],
            Sections =
            [
                Comparison(result, metric),
                CommonSections.FewShot(judged, tasks),
                CommonSections.TaskByTask(result.Transfer, tasks),
                CommonSections.Losing(result.Transfer, result.IsNegativeTransfer),
                Relatedness(result.Relatedness),
                Learning(result),
                CommonSections.Metrics(
                    judged.Curves.FirstOrDefault(curve => curve.Strategy == result.BestRun.TrainerName)?.Overall ?? result.BestRun.ValidationMetrics,
                    $"‘{Display.Line(result.BestRun.TrainerName)}’ on {(judged.Curves.Any(curve => curve.Strategy == result.BestRun.TrainerName && curve.Overall is not null) ? tasks : ValidationTasks(result))}: each task’s metrics are means over its draws and support sizes."),
                CommonSections.Unscored(judged.Curves.Select(curve => (curve.Strategy, curve.Overall))),
                CommonSections.Failures(result.RunDetails.Select(run => (run.TrainerName, run.Exception))
                    .Concat((result.Test?.Curves ?? []).Select(curve => (curve.Strategy, curve.Exception)))),
                WhatWasRun(result),
            ],
        };
    }

    private static ReportSection Comparison(ExperimentResult result, string metric)
    {
        RunDetail[] bestFirst = [.. result.RunDetails.OrderBy(run => run.Score is null).ThenBy(run => (result.Metric.IsHigherBetter() ? -1 : 1) * (run.Score?.Mean ?? 0))];
        RunDetail[] bestOfEach = [.. bestFirst.Where(run => run.Score is not null).DistinctBy(run => run.TrainerName)]; // of its rounds; it alone met the test tasks
        bool hasOptions = bestFirst.Any(run => run.Options.Length > 0);
        var rows = new List<IReadOnlyList<Cell>>();
        foreach (RunDetail run in bestFirst)
        {
            rows.Add([
                Display.Line(run.TrainerName), Display.Kind(run.Kind),
                run.Score is null ? new Cell("failed", double.NaN) : Cell.Of(run.Score),
                .. result.Test is null ? [] : new[] { bestOfEach.Contains(run) ? Cell.Of(OnTest(result, run.TrainerName)) : Cell.Empty },
                new Cell(Display.Seconds(run.RuntimeInSeconds), run.RuntimeInSeconds), new Cell(Display.Bytes(run.PeakMemory.ProcessBytes), run.PeakMemory.ProcessBytes),
                run.MaximumNumberOfIterations is { } steps ? Cell.Count(steps) : Cell.Empty,
                .. !hasOptions ? [] : new[] { run.Options.Length > 0 ? Display.Line(run.Options) : Display.Nothing },
            ]);
        }

        return new ReportSection("comparison", "The comparison")
        {
            Text = [$"Strategies were chosen by their mean {metric} on {ValidationTasks(result)}{(result.Metric.IsHigherBetter() ? "" : ", where lower is better")}{(result.Test is null ? "." : $"; the best of each kind then met {Display.Count(result.Description.TestTasks.Count, "test task")}, which nothing was chosen by.")}"],
            Figures = bestOfEach.Length > 0
                ? [new ScoresFigure(metric, "validation tasks", [.. bestOfEach.Select(run => new StrategyScore(run.TrainerName, run.Kind, run.Score!.Value))], result.BestRun.TrainerName)]
                : [],
            Tables =
            [
                new ReportTable(
                    "Every run, the best first; a column’s head sorts by it",
                    [
                        ("Strategy", false), ("Learns", false), ($"{Display.Sentence(metric)}, validation", true),
                        .. result.Test is null ? [] : new[] { ($"{Display.Sentence(metric)}, test", true) },
                        ("Time", true), ("Peak memory", true), ("Outer steps", true), .. !hasOptions ? [] : new[] { ("Options", false) },
                    ],
                    rows)
                {
                    Highlighted = Array.IndexOf(bestFirst, result.BestRun),
                    Note = "Time is of learning, adapting and scoring; peak memory is of the whole process, native libraries included.",
                },
            ],
        };
    }

    private static ReportSection Relatedness(RelatednessMatrix? relatedness) => new("relatedness", "Which tasks help each other")
    {
        Text = relatedness is null ? [] : [$"{Display.Sentence(Display.Line(relatedness.Name))}: what the row’s task gives to the column’s{(relatedness.Description.Length > 0 ? $", {Display.Line(relatedness.Description)}" : "")}. Tasks stand in the order of clusters, so that those that resemble each other are neighbours."],
        Figures = relatedness is null || relatedness.Tasks.Count < 2 ? [] : [new RelatednessFigure(relatedness)],
    };

    private static ReportSection Learning(ExperimentResult result)
    {
        RunDetail[] learners =
        [
            .. result.RunDetails.Where(run => run.LearningCurve.Count > 1)
                .OrderBy(run => run != result.BestRun).ThenBy(run => run.Score is null).ThenBy(run => (result.Metric.IsHigherBetter() ? -1 : 1) * (run.Score?.Mean ?? 0))
                .DistinctBy(run => run.TrainerName).Take(LearningCurvesShown),
        ];
        RunDetail? weighted = learners.FirstOrDefault(WeightsFigure.HasSomethingToShow);
        return new ReportSection("learning", "How it learned")
        {
            Text = [$"Query loss of the training episodes, and of the trainer’s own validation episodes, over the outer steps{(weighted is null ? "." : ", and λ, how much each training task counts.")} The training loss is a moving mean; each step’s own, which depends on the tasks that it drew, is the thin line."],
            Figures = [.. learners.Select(run => new LearningFigure(run)), .. weighted is null ? [] : new Figure[] { new WeightsFigure(weighted) }],
        };
    }

    private static ReportSection WhatWasRun(ExperimentResult result)
    {
        ExperimentDescription what = result.Description;
        int skipped = result.Validation.SkippedTasks.Count + (result.Test?.SkippedTasks.Count ?? 0);
        return new ReportSection("run", "What was run")
        {
            Tables =
            [
                CommonSections.Pairs("The experiment", [
                    ("Began", what.Started.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture)),
                    ("Ended because", End(what.End)),
                    ("Seed", what.Seed.ToString(CultureInfo.InvariantCulture)),
                    ("Tasks", $"{Display.Count(what.TrainingTasks.Count)} to learn from, {Display.Count(what.ValidationTasks.Count)} to choose by, {Display.Count(what.TestTasks.Count)} to judge on"),
                    .. skipped > 0 ? new[] { ("Left out", $"{Display.Count(skipped, "task")} with too few rows") } : [],
                    ("Runs", $"{Display.Count(result.RunDetails.Count)}, of which {Display.Count(result.RunDetails.Count(run => run.Exception is not null))} failed"),
                    ("Search", Display.Seconds(what.SearchInSeconds)),
                    ("Judging on test tasks", Display.Seconds(what.TestInSeconds)),
                    ("Fitting the best again", Display.Seconds(what.RefitInSeconds)),
                    ("Processors", Display.Count(what.ProcessorCount)),
                ]),
                .. what.Settings.Count == 0 ? [] : new[] { CommonSections.Pairs("Settings", what.Settings.Select(pair => (pair.Key, pair.Value))) },
                .. what.Versions.Count == 0 ? [] : new[] { CommonSections.Pairs("Versions", what.Versions.Select(pair => (pair.Key, pair.Value))) },
            ],
        };
    }

    private static IEnumerable<(string, string)> Facts(ExperimentResult result, string metric)
    {
        yield return ("Recommended", Display.Line(result.BestRun.TrainerName));
        MeanInterval? onTest = OnTest(result, result.BestRun.TrainerName);
        if ((onTest ?? result.BestRun.Score) is { } score)
            yield return ($"{Display.Sentence(metric)} on {(onTest is null ? "validation" : "test")} tasks", Display.Interval(score));
        if (result.Transfer is { } transfer)
        {
            yield return ("Gain over from scratch", Display.Gain(transfer.Gain));
            yield return ("Tasks better / alike / worse", $"{Display.Count(transfer.Wins)} / {Display.Count(transfer.Ties)} / {Display.Count(transfer.Losses)}");
        }
    }

    private static MeanInterval? OnTest(ExperimentResult result, string strategy) =>
        result.Test?.Curves.FirstOrDefault(curve => curve.Strategy == strategy)?.Overall?[result.Metric].Macro;

    private static string Tasks(ExperimentResult result) => result.Test is null ? ValidationTasks(result) : Display.Count(result.Description.TestTasks.Count, "test task");

    private static string ValidationTasks(ExperimentResult result) => Display.Count(result.Description.ValidationTasks.Count, "validation task");

    private static (string, bool?)? Verdict(TransferVerdict verdict) => verdict switch
    {
        TransferVerdict.Helps => ("Learning across tasks helps", true),
        TransferVerdict.Uncertain => ("Better on average, but not for certain", null),
        TransferVerdict.DoesNotHelp => ("Negative transfer: learning across tasks does not help", false),
        _ => null,
    };

    private static string End(ExperimentEnd end) => end switch
    {
        ExperimentEnd.Completed => "everything was tried",
        ExperimentEnd.TimeReached => "the time was used up",
        ExperimentEnd.ModelsReached => "the number of models was reached",
        _ => "it was cancelled",
    };
}
