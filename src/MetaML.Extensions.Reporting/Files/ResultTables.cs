using MetaML.Extensions.Reporting.Text;

namespace MetaML.Extensions.Reporting.Files;

/// <summary>Converts results to tables in long format, for example with one row for each strategy, support size and task.</summary>
internal static class ResultTables
{
    public static IEnumerable<CsvTable> Of(ExperimentResult result)
    {
        yield return Runs(result);
        IEnumerable<IReadOnlyList<object?>> tasks = TaskRows("validation", result.Validation);
        yield return new CsvTable("tasks", TaskColumns(result.Validation), result.Test is null ? tasks : tasks.Concat(TaskRows("test", result.Test)));
        if (result.Transfer is not null)
            yield return Transfer(result.Transfer);
        if (result.RunDetails.Any(run => run.LearningCurve.Count > 0))
        {
            yield return new CsvTable(
                "learning",
                ["run", "strategy", "iteration", "training loss", "validation loss", "seconds"],
                result.RunDetails.SelectMany((run, i) => run.LearningCurve.Select(point => (IReadOnlyList<object?>)
                    [i + 1, run.TrainerName, point.Iteration, point.TrainingLoss, point.ValidationLoss, point.ElapsedSeconds])));
            yield return new CsvTable(
                "weights",
                ["run", "strategy", "iteration", "task", "weight"],
                result.RunDetails.SelectMany((run, i) => run.LearningCurve.SelectMany(point => point.TaskWeights.Select(weight => (IReadOnlyList<object?>)
                    [i + 1, run.TrainerName, point.Iteration, weight.Key, weight.Value]))));
        }

        if (result.Importance.Count > 0)
            yield return new CsvTable("importance", ["feature", "decrease", "half width"], result.Importance.Select(feature => (IReadOnlyList<object?>)[feature.Name, feature.Decrease.Mean, feature.Decrease.HalfWidth]));
        CombinedStrategy[] combinations = [.. new[] { result.Ensemble, result.Routed }.OfType<CombinedStrategy>()];
        if (combinations.Length > 0)
        {
            yield return new CsvTable(
                "combinations",
                ["combination", "strategy", "weight", "task"],
                combinations.SelectMany(combination => combination.Weights.Select(weight => (IReadOnlyList<object?>)[combination.Name, weight.Key, weight.Value, null])
                    .Concat(combination.Routes.Select(route => (IReadOnlyList<object?>)[combination.Name, route.Value, 1.0, route.Key]))));
        }

        if (result.Relatedness is { } relatedness)
        {
            yield return new CsvTable(
                "relatedness",
                ["from", "to", "value"],
                relatedness.Tasks.SelectMany((from, i) => relatedness.Tasks.Select((to, j) => (IReadOnlyList<object?>)[from, to, relatedness.Values[i][j]])));
        }
    }

    public static IEnumerable<CsvTable> Of(FewShotEvaluation evaluation)
    {
        TaskMetric[] metrics = [.. Display.Metrics(evaluation)];
        yield return new CsvTable(
            "runs",
            ["strategy", "kind", "seconds", "error", .. metrics.Select(metric => metric.ToString())],
            evaluation.Curves.Select(curve => (IReadOnlyList<object?>)
                [curve.Strategy, curve.Kind, curve.RuntimeInSeconds, curve.Exception?.Message, .. metrics.Select(metric => (object?)curve.Overall?[metric].Macro.Mean)]));
        yield return new CsvTable("tasks", TaskColumns(evaluation), TaskRows("", evaluation));
    }

    public static IEnumerable<CsvTable> Of(TaskEvaluation evaluation)
    {
        TaskMetric[] metrics = [.. evaluation.Kind.Metrics()];
        yield return new CsvTable(
            "tasks",
            ["task", "rows", "unscored rows", .. metrics.Select(metric => metric.ToString())],
            evaluation.Tasks.Select(task => (IReadOnlyList<object?>)[task.Task, task.RowCount, task.UnscoredRowCount, .. metrics.Select(metric => (object?)task[metric])]));
    }

    public static IEnumerable<CsvTable> Of(DecisionComparison comparison)
    {
        yield return new CsvTable(
            "decisions",
            ["learner", "kind", "task", "decision", comparison.Quantity],
            comparison.Curves.SelectMany(curve => curve.Values.SelectMany(task => task.Value.Select((value, i) => (IReadOnlyList<object?>)[curve.Learner, curve.Kind, task.Key, i + 1, value]))));
    }

    private static CsvTable Runs(ExperimentResult result) => new(
        "runs",
        [
            "run", "strategy", "kind", "options", "metric", "mean", "half width", "tasks", "seconds", "peak process bytes", "peak managed bytes",
            "outer steps", "round", "best", "error",
        ],
        result.RunDetails.Select((run, i) => (IReadOnlyList<object?>)
        [
            i + 1, run.TrainerName, run.Kind, run.Options, run.Metric, run.Score?.Mean, run.Score?.HalfWidth, run.Score?.Count, run.RuntimeInSeconds,
            run.PeakMemory.ProcessBytes, run.PeakMemory.ManagedBytes, run.MaximumNumberOfIterations, run.Round, run == result.BestRun, run.Exception?.Message,
        ]));

    private static CsvTable Transfer(PairedComparison comparison) => new(
        "transfer",
        ["task", "metric", "strategy", "baseline", "strategy value", "baseline value", "gain"],
        comparison.Tasks.Select(task => (IReadOnlyList<object?>)[task.Task, comparison.Metric, comparison.Strategy, comparison.Baseline, task.Strategy, task.Baseline, task.Gain]));

    private static string[] TaskColumns(FewShotEvaluation evaluation) =>
        ["set", "strategy", "kind", "support", "task", "rows", "unscored rows", .. Display.Metrics(evaluation).Select(metric => metric.ToString())];

    private static IEnumerable<IReadOnlyList<object?>> TaskRows(string set, FewShotEvaluation evaluation) =>
        from curve in evaluation.Curves
        from point in curve.Points
        from task in point.Evaluation.Tasks
        select (IReadOnlyList<object?>)
        [
            set, curve.Strategy, curve.Kind, point.SupportSize, task.Task, task.RowCount, task.UnscoredRowCount, .. Display.Metrics(evaluation).Select(metric => (object?)task[metric]),
        ];
}
