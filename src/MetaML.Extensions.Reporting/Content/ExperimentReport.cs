using System.Globalization;
using MetaML.Extensions.Reporting.Figures;
using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Content;

/// <summary>Creates the report of an experiment.</summary>
internal static class ExperimentReport
{
    private const int LearningCurvesShown = 4;

    public static Report Of(ExperimentResult result)
    {
        FewShotEvaluation evaluation = result.Test ?? result.Validation;
        string tasks = Tasks(result);
        string metric = result.Metric.DisplayName();
        return new Report("Does learning across tasks help?", $"Use ‘{Display.Line(result.BestRun.TrainerName)}’")
        {
            Reason = result.Recommendation,
            Verdict = Verdict(result.Verdict),
            Facts = [.. Facts(result, metric)],
            Sections =
            [
                Comparison(result, metric),
                Combinations(result, metric),
                CommonSections.FewShot(evaluation, tasks),
                CommonSections.TaskByTask(result.Transfer, Display.Count(result.Transfer?.Tasks.Count ?? 0, "held-out task")),
                CommonSections.Losing(result.Transfer, result.IsNegativeTransfer),
                Importance(result, metric),
                Relatedness(result.Relatedness),
                Learning(result),
                CommonSections.Metrics(
                    evaluation.Curves.FirstOrDefault(curve => curve.Strategy == result.BestRun.TrainerName)?.Overall ?? result.BestRun.ValidationMetrics,
                    $"‘{Display.Line(result.BestRun.TrainerName)}’ on {(evaluation.Curves.Any(curve => curve.Strategy == result.BestRun.TrainerName && curve.Overall is not null) ? tasks : ValidationTasks(result))}: each task’s metrics are means over its draws and support sizes."),
                CommonSections.Unscored(evaluation.Curves.Select(curve => (curve.Strategy, curve.Overall))),
                CommonSections.Failures(result.RunDetails.Select(run => (run.TrainerName, run.Exception))
                    .Concat((result.Test?.Curves ?? []).Select(curve => (curve.Strategy, curve.Exception)))),
                Settings(result),
            ],
        };
    }

    private static ReportSection Comparison(ExperimentResult result, string metric)
    {
        RunDetail[] bestFirst = [.. result.Leaderboard];
        RunDetail[] bestOfEach = [.. bestFirst.Where(run => run.Score is not null).DistinctBy(run => run.TrainerName)]; // the best round of each strategy; only this round was evaluated on the test tasks
        bool hasOptions = bestFirst.Any(run => run.Options.Length > 0);
        var rows = new List<IReadOnlyList<Cell>>();
        foreach (RunDetail run in bestFirst)
        {
            rows.Add([
                Display.Line(run.TrainerName), Display.Kind(run.Kind),
                run.Score is null ? new Cell("failed", double.NaN) : Cell.Of(run.Score),
                run.ValidationMetrics is { } validation ? Cell.Count(validation.Tasks.Count) : Cell.Empty,
                .. result.Test is null ? [] : new[] { bestOfEach.Contains(run) ? Cell.Of(OnTest(result, run.TrainerName)) : Cell.Empty },
                Cell.Seconds(run.RuntimeInSeconds + run.CrossValidationInSeconds), new Cell(Display.Bytes(run.PeakMemory.ProcessBytes), run.PeakMemory.ProcessBytes),
                run.PredictionMilliseconds is { } milliseconds ? new Cell(Display.Seconds(milliseconds / 1000), milliseconds) : Cell.Empty,
                run.ModelBytes is { } bytes ? new Cell(Display.Bytes(bytes), bytes) : Cell.Empty,
                run.MaximumNumberOfIterations is { } steps ? Cell.Count(steps) : Cell.Empty,
                .. !hasOptions ? [] : new[] { run.Options.Length > 0 ? Display.Line(run.Options) : Display.Nothing },
            ]);
        }

        return new ReportSection("comparison", "The comparison")
        {
            Text = [$"Strategies were chosen by their mean {metric} on {ValidationTasks(result)}{(result.BestRun.ValidationFolds > 1 ? $", and the leading ones by cross-validation over {Display.Count(result.BestRun.ValidationMetrics!.Tasks.Count, "task")}" : "")}{(result.Metric.IsHigherBetter() ? "" : ", where lower is better")}{(result.Test is null ? "." : $". The best strategy of each kind was then evaluated on {Display.Count(result.Description.TestTasks.Count, "test task")}, which had no part in the choice.")}"],
            Figures = bestOfEach.Length > 0
                ? [new ScoresFigure(metric, "validation tasks", [.. bestOfEach.Select(run => new StrategyScore(run.TrainerName, run.Kind, run.Score!.Value))], result.BestRun.TrainerName)]
                : [],
            Tables =
            [
                new ReportTable(
                    "All runs, the best first; click a column header to sort by it",
                    [
                        ("Strategy", false), ("Kind", false), ($"{Display.Sentence(metric)}, validation", true), ("Tasks", true),
                        .. result.Test is null ? [] : new[] { ($"{Display.Sentence(metric)}, test", true) },
                        ("Time", true), ("Memory", true), ("Per row", true), ("Model", true), ("Steps", true), .. !hasOptions ? [] : new[] { ("Options", false) },
                    ],
                    rows)
                {
                    Highlighted = Array.IndexOf(bestFirst, result.BestRun),
                    Note = "Time includes training, adaptation and scoring, also for the cross-validation. Memory is the peak of the whole process, including native libraries. Per row is the median time of a prediction. Model is the size of the saved model. Steps are outer steps of meta-training, at most.",
                },
            ],
        };
    }

    private static ReportSection Combinations(ExperimentResult result, string metric)
    {
        CombinedStrategy[] combinations = [.. new[] { result.Ensemble, result.Routed }.OfType<CombinedStrategy>()];
        var routes = result.Routed?.Routes.OrderBy(route => route.Key, StringComparer.Ordinal).ToArray() ?? [];
        return new ReportSection("combinations", "Several strategies in one model")
        {
            Text = combinations.Length == 0 ? [] :
            [
                $"Combinations of the leading strategies, compared with the best strategy in {metric}{CommonSections.Direction(result.Metric)}. The weights of an ensemble are chosen without the tasks that judge them. The strategy of a task in a routed model is chosen by one half of its rows and judged on the other. A combination is a model of its own if its gain is above one standard error.",
            ],
            Tables = combinations.Length == 0 ? [] :
            [
                new ReportTable(
                    "Gain over the best strategy",
                    [("Combination", false), ("Gain", true), ("Better / equal / worse", true), .. result.Test is null ? [] : new[] { ("Gain on test tasks", true) }, ("Model", false)],
                    [.. combinations.Select(combination => (IReadOnlyList<Cell>)
                    [
                        Display.Sentence(combination.Name), Gain(combination.Comparison), $"{Display.Count(combination.Comparison.Wins)} / {Display.Count(combination.Comparison.Ties)} / {Display.Count(combination.Comparison.Losses)}",
                        .. result.Test is null ? [] : new[] { Gain(combination.Test) }, combination.Comparison.Gain.Lower > 0 ? "better" : combination.IsChosen ? "may be better" : "not better",
                    ])]),
                .. result.Ensemble is null ? [] : new[] { new ReportTable("Weights of the ensemble", [("Strategy", false), ("Weight", true)], [.. result.Ensemble.Weights.Select(weight => (IReadOnlyList<Cell>)[Display.Line(weight.Key), Cell.Of(weight.Value)])]) },
                .. routes.Length == 0 ? [] : new[]
                {
                    new ReportTable($"Tasks that do not have the common choice ‘{Display.Line(result.Routed!.Weights[0].Key)}’", [("Task", false), ("Strategy", false)], [.. routes.Select(route => (IReadOnlyList<Cell>)[Display.Line(route.Key), Display.Line(route.Value)])])
                        .Shortened(CommonSections.TasksListed, "the JSON file"),
                },
            ],
        };

        static Cell Gain(PairedComparison? comparison) => comparison is null ? Cell.Empty : new Cell(Display.Gain(comparison.Gain), comparison.Gain.Mean);
    }

    private static ReportSection Importance(ExperimentResult result, string metric) => new("importance", "Which features matter")
    {
        Text = result.Importance.Count == 0 ? [] : [$"How much worse the {metric} of ‘{Display.Line(result.BestRun.TrainerName)}’ becomes if the values of a feature are permuted among the rows of each task: mean over {Tasks(result)} with its 95 % interval. A feature that others can replace has a low importance."],
        Tables = result.Importance.Count == 0 ? [] :
        [
            new ReportTable("Features, the most important first", [("Feature", false), ("Decrease", true)], [.. result.Importance.Select(feature => (IReadOnlyList<Cell>)[Display.Line(feature.Name), Cell.Of(feature.Decrease)])])
                .Shortened(CommonSections.TasksListed, "the JSON file"),
        ],
    };

    private static ReportSection Relatedness(RelatednessMatrix? relatedness) => new("relatedness", "Which tasks help each other")
    {
        Text = relatedness is null ? [] : [$"{Display.Sentence(Display.Line(relatedness.Name))}: the effect of the row’s task on the column’s task{(relatedness.Description.Length > 0 ? $", {Display.Line(relatedness.Description)}" : "")}. The tasks are ordered by clustering, so that similar tasks are neighbours."],
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
        RunDetail? weighted = learners.FirstOrDefault(WeightsFigure.HasDifferentWeights);
        return new ReportSection("learning", "Learning curves")
        {
            Text = [$"Query loss of the training episodes and of the trainer’s validation episodes over the outer steps{(weighted is null ? "." : ", and the weight λ of each training task.")} The thick line of the training loss is its moving mean. The thin line is the loss of each step, which varies with the tasks of the step."],
            Figures = [.. learners.Select(run => new LearningFigure(run)), .. weighted is null ? [] : new Figure[] { new WeightsFigure(weighted) }],
        };
    }

    private static ReportSection Settings(ExperimentResult result)
    {
        ExperimentDescription description = result.Description;
        int skipped = result.Validation.SkippedTasks.Count + (result.Test?.SkippedTasks.Count ?? 0);
        return new ReportSection("run", "Settings")
        {
            Tables =
            [
                CommonSections.Pairs("The experiment", [
                    ("Start", description.Started.ToString("yyyy-MM-dd HH:mm 'UTC'zzz", CultureInfo.InvariantCulture)),
                    ("End", End(description.End)),
                    ("Seed", description.Seed.ToString(CultureInfo.InvariantCulture)),
                    ("Tasks", $"{Display.Count(description.TrainingTasks.Count)} for training, {Display.Count(description.ValidationTasks.Count)} for validation, {Display.Count(description.TestTasks.Count)} for the test"),
                    .. skipped > 0 ? new[] { ("Skipped", $"{Display.Count(skipped, "task")} with too few rows") } : [],
                    ("Runs", $"{Display.Count(result.RunDetails.Count)}, of which {Display.Count(result.RunDetails.Count(run => run.Exception is not null))} failed"),
                    ("Search", Search(description)),
                    ("Evaluation on test tasks", Display.Seconds(description.TestInSeconds)),
                    ("Final training of the best strategy", Display.Seconds(description.RefitInSeconds)),
                    ("Processors", Display.Count(description.ProcessorCount)),
                ]),
                new ReportTable(
                    "Time by kind of strategy",
                    [("Kind", false), ("Runs", true), ("Failed", true), ("On validation tasks", true), ("Cross-validation", true)],
                    [.. result.RunDetails.GroupBy(run => run.Kind).OrderBy(kind => kind.Key).Select(kind => (IReadOnlyList<Cell>)
                    [
                        Display.Kind(kind.Key), Cell.Count(kind.Count()), Cell.Count(kind.Count(run => run.Exception is not null)),
                        Cell.Seconds(kind.Sum(run => run.RuntimeInSeconds)), Cell.Seconds(kind.Sum(run => run.CrossValidationInSeconds)),
                    ])]),
                .. description.Settings.Count == 0 ? [] : new[] { CommonSections.Pairs("Settings", description.Settings.Select(pair => (pair.Key, pair.Value))) },
                .. description.Versions.Count == 0 ? [] : new[] { CommonSections.Pairs("Versions", description.Versions.Select(pair => (pair.Key, pair.Value))) },
            ],
        };
    }

    private static IEnumerable<(string, string)> Facts(ExperimentResult result, string metric)
    {
        MeanInterval? onTest = OnTest(result, result.BestRun.TrainerName);
        if ((onTest ?? result.BestRun.Score) is { } score)
            yield return ($"{Display.Sentence(metric)} on {(onTest is null ? "validation" : "test")} tasks", Display.Interval(score));
        if (result.Transfer is { } transfer)
        {
            yield return ("Gain over learning from scratch", Display.Gain(transfer.Gain));
            yield return ("Tasks better / equal / worse", $"{Display.Count(transfer.Wins)} / {Display.Count(transfer.Ties)} / {Display.Count(transfer.Losses)}");
        }

        yield return ("Search", $"{Display.Count(result.RunDetails.Count, "run")}, {Search(result.Description)}");
    }

    private static string Search(ExperimentDescription description) => description.TimeLimitInSeconds is { } limit ? $"{Display.Seconds(description.SearchInSeconds)} of {Display.Seconds(limit)}" : Display.Seconds(description.SearchInSeconds);

    private static MeanInterval? OnTest(ExperimentResult result, string strategy) =>
        result.Test?.Curves.FirstOrDefault(curve => curve.Strategy == strategy)?.Overall?[result.Metric].Macro;

    private static string Tasks(ExperimentResult result) => result.Test is null ? ValidationTasks(result) : Display.Count(result.Description.TestTasks.Count, "test task");

    private static string ValidationTasks(ExperimentResult result) => Display.Count(result.Description.ValidationTasks.Count, "validation task");

    private static (string, bool?)? Verdict(TransferVerdict verdict) => verdict switch
    {
        TransferVerdict.Helps => ("Learning across tasks helps", true),
        TransferVerdict.Uncertain => ("It cannot be told whether learning across tasks helps", null),
        TransferVerdict.Harms => ("Negative transfer: learning across tasks is worse", false),
        _ => null,
    };

    private static string End(ExperimentEnd end) => end switch
    {
        ExperimentEnd.Completed => "all strategies completed",
        ExperimentEnd.TimeReached => "time limit reached",
        ExperimentEnd.ModelsReached => "limit of the number of models reached",
        _ => "cancelled",
    };
}
