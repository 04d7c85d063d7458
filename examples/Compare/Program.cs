// Does learning across eighty small stores help a new store that has been open for five to twenty days? Every way is compared.
using System.Diagnostics;
using System.Text.Json;
using Compare;
using MetaML.Extensions;
using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;

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

Console.WriteLine("  time     memory  RMSE, 95 %        strategy, on stores that it did not learn from");
ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(data, taskColumnName: "Store", preFeaturizer: features, progressHandler: new Report());

Console.WriteLine();
Console.WriteLine($"{result.Test!.Curves[0].Overall!.Tasks.Count} test stores    {string.Join("", result.Test.SupportSizes.Select(size => $"{size,10} days     "))}");
foreach (FewShotCurve curve in result.Test.Curves)
    Console.WriteLine($"  {string.Join("  ", curve.Points.Select(point => $"{point.Evaluation[result.Metric].Macro,17}"))}  {curve.Strategy}");
Console.WriteLine();
Console.WriteLine(result.Recommendation);
Console.WriteLine(result.LosingTasks.Count == 0 ? "No store loses." : $"Stores that lose: {string.Join(", ", result.LosingTasks.Select(store => store.Task))}.");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Compare",
    best = result.BestRun.TrainerName,
    best_rmse = Math.Round(result.Transfer!.Tasks.Average(store => store.Strategy), 3),
    scratch_rmse = Math.Round(result.Transfer.Tasks.Average(store => store.Baseline), 3),
    verdict = result.Verdict.ToString(),
    losing_stores = result.LosingTasks.Count,
    runs = result.RunDetails.Count,
    failed_runs = result.RunDetails.Count(run => run.Exception is not null),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));
