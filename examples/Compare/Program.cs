// Does learning across eighty small stores help a new store that has been open for five to twenty days? The program compares learning strategies.
using System.Diagnostics;
using System.Text.Json;
using Compare;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using Spectre.Console;

if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = 120;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
IDataView data = ml.Data.LoadFromEnumerable(Stores.Generate(count: 80, days: 60));
var features = ml.Transforms.Categorical.OneHotEncoding("Weekday")
    .Append(ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price", "Promotion", "Holiday"));

TaskExperimentSettings settings = new TaskExperimentSettings
{
    MaxExperimentTimeInSeconds = 60,
    FewShot = new FewShotOptions { SupportSizes = [5, 10, 20], Draws = 3 },
    MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 500 },
}.Add("FastTree", ml.Regression.Trainers.FastTree(new FastTreeRegressionTrainer.Options { NumberOfTrees = 50, MinimumExampleCountPerLeaf = 2, NumberOfThreads = 1 }));

ExperimentResult result = RunTable.Show(runs =>
    ml.MetaLearning().CreateExperiment(settings).Execute(data, taskColumnName: "Store", preFeaturizer: features, progressHandler: runs));

FewShotEvaluation test = result.Test!; // the best strategy of each kind, on stores that had no part in the choice
var table = new Table().AddColumns(["strategy", .. test.SupportSizes.Select(size => $"{size} days")]);
foreach (FewShotCurve curve in test.Curves)
    table.AddRow([Markup.Escape(curve.Strategy), .. curve.Points.Select(point => point.Evaluation[result.Metric].Macro.ToString())]);
AnsiConsole.Write(table.Caption($"RMSE on {test.Curves[0].Overall!.Tasks.Count} test stores after 5, 10 and 20 days; mean and 95 % interval"));
Console.WriteLine(result.Recommendation);
Console.WriteLine(result.LosingTasks.Count == 0 ? "No store has a worse result." : $"Stores with worse results: {string.Join(", ", result.LosingTasks.Select(store => store.Task))}.");
const string Report = "compare-report.html";
result.SaveHtml(Report);
Console.WriteLine($"The report is {Path.GetFullPath(Report)}: open it in a browser.");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Compare",
    best = result.BestRun.TrainerName,
    best_rmse = Math.Round(result.Transfer!.Tasks.Average(store => store.Strategy), 3),
    scratch_rmse = Math.Round(result.Transfer.Tasks.Average(store => store.Baseline), 3),
    verdict = result.Verdict.ToString(),
    losing_stores = result.LosingTasks.Count,
    runs = result.RunDetails.Count,
    failed_runs = result.RunDetails.Count(run => run.Exception is not null and not TimeoutException),
    stopped_runs = result.RunDetails.Count(run => run.Exception is TimeoutException), // at the end of the time
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));
