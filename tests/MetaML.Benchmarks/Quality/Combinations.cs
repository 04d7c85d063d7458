using System.Diagnostics;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Spectre.Console;

namespace MetaML.Benchmarks.Quality;

/// <summary>The best strategy of an experiment, compared with the ensemble and the routed model of the same experiment.</summary>
/// <remarks>
/// Each experiment splits the tasks at random. The test tasks have no part in any choice. A losing task is one on which a strategy is worse than the best
/// strategy from scratch. Routes are of known tasks, and are judged on rows that did not choose them.
/// </remarks>
internal static class Combinations
{
    private const int Seeds = 3;

    /// <summary>Runs the experiments.</summary>
    /// <param name="folder">The root folder of the data. Data sets that are absent are left out with a message.</param>
    /// <param name="seconds">The time limit of each experiment.</param>
    public static void Run(string folder, int seconds)
    {
        var clock = Stopwatch.StartNew();
        var table = new Spectre.Console.Table().Title("combinations: gain over the best strategy, mean ± 95 % interval over tasks, and losing tasks")
            .AddColumns(["data", "best strategy", "ensemble, test", "chosen", "losing: best, ensemble", "routed, other rows", "chosen"]);
        var rows = new List<object>();
        foreach (var (name, label, sizes, data) in Sets(folder))
        {
            for (int seed = 0; seed < Seeds; seed++)
            {
                var ml = new MLContext(seed);
                var settings = new TaskExperimentSettings { MaxExperimentTimeInSeconds = (uint)seconds, FewShot = new FewShotOptions { SupportSizes = sizes, Draws = 3 } };
                ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(data(ml), label);
                FewShotEvaluation test = result.Test!;
                string? scratch = test.Curves.Where(curve => curve.Kind == StrategyKind.FromScratch && curve.Overall is not null).Select(curve => curve.Strategy).FirstOrDefault();
                int? Losses(string? strategy) => strategy is null || scratch is null ? null : test.Compare(strategy, scratch).Losses;
                var (ensemble, routed) = (result.Ensemble, result.Routed);
                int? ofBest = Losses(result.BestRun.TrainerName), ofEnsemble = ensemble?.Test is null ? null : Losses(ensemble.Name);
                table.AddRow(
                    $"{name}, seed {seed}", Markup.Escape(result.BestRun.TrainerName), $"{ensemble?.Test?.Gain}", $"{ensemble?.IsChosen} {ensemble?.Comparison.Gain}",
                    $"{ofBest}, {ofEnsemble} of {test.Curves[0].Overall?.Tasks.Count}", $"{routed?.Comparison.Gain} ({routed?.Routes.Count} of {routed?.Comparison.Tasks.Count})", $"{routed?.IsChosen}");
                rows.Add(new
                {
                    name,
                    seed,
                    best = result.BestRun.TrainerName,
                    ensemble = ensemble is null ? null : new { ensemble.Weights, ensemble.IsChosen, gain = ensemble.Comparison.Gain, test = ensemble.Test?.Gain },
                    routed = routed is null ? null : new { routes = routed.Routes.Count, routed.IsChosen, gain = routed.Comparison.Gain },
                    losingBest = ofBest,
                    losingEnsemble = ofEnsemble,
                    end = result.Description.End.ToString(),
                });
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, seed {seed}: {result.Recommendation} {clock.Elapsed.TotalSeconds:F0} s"));
            }
        }

        AnsiConsole.Write(table);
        Result.Print(new { quality = "combinations", limit = seconds, rows, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    private static IEnumerable<(string Name, string Label, int[] Sizes, Func<MLContext, IDataView> Data)> Sets(string folder)
    {
        if (Directory.Exists(Path.Combine(folder, "school")))
            yield return ("school", "Label", [5, 10, 20], ml => Methods.View(ml, Large(School.Read(Path.Combine(folder, "school")).Select(pupil => pupil.Row), 30)));
        if (Directory.Exists(Path.Combine(folder, "computers")))
            yield return ("computers", "Label", [4, 8, 12], ml => Methods.View(ml, [.. Computers.Read(Path.Combine(folder, "computers")).SelectMany(person => person)]));
        yield return ("rare positives", "Label", [20, 40], ml => ml.Data.LoadFromEnumerable(new RareClasses(0.06, seed: 1).Rows("task", 60, 100, 1)));
    }

    // Tasks with enough rows for support and query.
    private static RegressionRow[] Large(IEnumerable<RegressionRow> rows, int least) => [.. rows.GroupBy(row => row.Task).Where(task => task.Count() >= least).SelectMany(task => task)];
}
