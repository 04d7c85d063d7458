// Runs the Cookbook's recipe with AutoML itself, and checks what the documentation promises of it. Prints RESULT at the end.
//
//   git clone --depth 1 --branch v5.0.0 <the repository of ML.NET> machinelearning
//   dotnet run -c Release --project eng/try-automl -p:MachineLearning=$PWD/machinelearning
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Rows(0, 40, 30)), validation = ml.Data.LoadFromEnumerable(Rows(40, 10, 30));
IDataView support = ml.Data.LoadFromEnumerable(Rows(50, 1, 8)), query = ml.Data.LoadFromEnumerable(Rows(50, 1, 200).Skip(8));

var space = new SearchSpace<MetaLearnerOptions>();
Check(space.ContainsKey(nameof(MetaLearnerOptions.LearningRate)) && space.ContainsKey(nameof(MetaLearnerOptions.MaximumNumberOfIterations)), "the learning rate and the number of steps are dimensions");
space["Encoder"] = new Microsoft.ML.SearchSpace.SearchSpace { ["$type"] = new ChoiceOption(["mlp", "identity"], "mlp") };
space["Adapter"] = new Microsoft.ML.SearchSpace.SearchSpace { ["$type"] = new ChoiceOption(["ridge", "bayesian"], "bayesian") };
var drawn = new List<MetaLearnerOptions>();
SweepablePipeline pipeline = ml.Transforms.Concatenate("Features", "Weekday", "Temperature", "Price").Append(ml.Auto().CreateSweepableEstimator(
    (context, options) =>
    {
        lock (drawn)
            drawn.Add(options);
        return context.Regression.Trainers.MetaLearner(options with { LabelColumnName = "Demand", TaskColumnName = "Store", MaximumNumberOfIterations = Math.Min(options.MaximumNumberOfIterations, 300) });
    },
    space));

AutoMLExperiment Experiment(uint seconds) => ml.Auto().CreateExperiment()
    .SetPipeline(pipeline)
    .SetDataset(training, validation)
    .SetRegressionMetric(RegressionMetric.RSquared, "Demand")
    .SetTrainingTimeInSeconds(seconds);

var clock = Stopwatch.StartNew();
TrialResult best = await Experiment(40).RunAsync();
double seconds = clock.Elapsed.TotalSeconds;
Check(drawn.Count > 2, $"several trials ran ({drawn.Count})");
Check(drawn.Select(options => (options.Encoder?.GetType(), options.Adapter?.GetType())).Distinct().Count() > 1, "encoders and adapters were chosen");
Check(drawn.Select(options => options.LearningRate).Distinct().Count() > 1, "learning rates were chosen");
Check(seconds < 80, $"the time limit holds ({seconds:F0} s of 40 s)");

double RSquared(ITransformer model) => ml.Regression.Evaluate(model.Transform(query), "Demand").RSquared;
ITransformer adapted = ml.MetaLearning().Adapt(best.Model, support);
double before = RSquared(best.Model), after = RSquared(adapted);
Check(after > before, $"the best model adapts to a new store: R² {before:F3} before, {after:F3} after");
using (var file = new MemoryStream())
{
    ml.Model.Save(adapted, support.Schema, file);
    Check(RSquared(ml.Model.Load(file, out _)) == after, "the adapted model saves and loads");
}

clock.Restart();
using var source = new CancellationTokenSource(TimeSpan.FromSeconds(8));
string end;
try
{
    end = (await Experiment(600).RunAsync(source.Token)) is null ? "nothing" : "the best model so far";
}
catch (Exception error) when (error is OperationCanceledException or TimeoutException)
{
    end = error.GetType().Name;
}

Check(clock.Elapsed.TotalSeconds < 30, $"cancellation ends the search ({clock.Elapsed.TotalSeconds:F0} s, {end})");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new { tried = "AutoML", trials = drawn.Count, best_metric = Math.Round(best.Metric, 4), r2_before = Math.Round(before, 4), r2_adapted = Math.Round(after, 4), seconds = Math.Round(seconds, 1) }));

static void Check(bool holds, string what)
{
    Console.WriteLine($"{(holds ? "yes" : "NO")}: {what}");
    if (!holds)
        Environment.ExitCode = 1;
}

// Stores whose demand depends on weekday, temperature and price, each in its own way.
static IEnumerable<Day> Rows(int firstStore, int stores, int days)
{
    for (int store = firstStore; store < firstStore + stores; store++)
    {
        var random = new Random(store);
        double level = 60 + 30 * random.NextDouble(), warmth = 5 * random.NextDouble(), price = -8 - 6 * random.NextDouble();
        for (int day = 0; day < days; day++)
        {
            var row = new Day { Store = $"store {store}", Weekday = day % 7, Temperature = (float)random.NextDouble(), Price = (float)random.NextDouble() };
            row.Demand = (float)(level + 4 * Math.Sin(row.Weekday) + 3 * warmth * row.Temperature + price * row.Price + 2 * random.NextDouble());
            yield return row;
        }
    }
}

internal sealed class Day
{
    public string Store { get; set; }

    public float Weekday { get; set; }

    public float Temperature { get; set; }

    public float Price { get; set; }

    public float Demand { get; set; }
}
