// 40 yes/no questions about digits are learned together; 10 new questions are then learned from 20 images each.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Digits;
using MetaML.Adapters;
using MetaML.Extensions;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using Spectre.Console;

var ml = new MLContext(seed: 1);
var questions = new Questions(Path.Combine(AppContext.BaseDirectory, "digits.csv"));
var tasks = questions.New.ToArray();

if (args is ["score", var savedModel])
{
    // The second process: load the adapted pipeline, score the test rows, print the scores.
    ITransformer loaded = ml.Model.Load(savedModel, out _);
    foreach (float score in Scores(loaded))
        Console.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));
    return;
}

var clock = Stopwatch.StartNew();
IDataView training = ml.Data.LoadFromEnumerable(questions.Training.ToArray());
IDataView support = ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Support));
var results = new List<Result>();

// Learn across the 40 questions, then adapt to all new ones in one call.
(string Name, AdapterOptions Adapter)[] adapters =
[
    ("prototypes", new PrototypeAdapterOptions()),
    ("ridge", new RidgeAdapterOptions()),
    ("ANIL", new GradientAdapterOptions()), // gradient steps on the head
    ("MAML", new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 3 }), // and on everything
];
(string Name, double Loss, ITransformer Model) best = ("", double.PositiveInfinity, null!);
AnsiConsole.Progress().Start(progress =>
{
    foreach (var (name, adapter) in adapters)
    {
        ProgressTask bar = progress.AddTask($"Meta-training: {name}");
        double validationLoss = double.PositiveInfinity;
        var trainer = ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            LabelColumnName = "Answer",
            Adapter = adapter,
            MaximumNumberOfIterations = 500,
            Progress = new Report<MetaML.Training.TrainingProgress>(step =>
            {
                bar.Value = 100.0 * step.Iteration / step.MaximumNumberOfIterations;
                validationLoss = Math.Min(validationLoss, step.ValidationLoss ?? double.PositiveInfinity);
            }),
        });
        ITransformer model = Pixels().Append(trainer).Fit(training);
        bar.Value = 100;
        ITransformer adapted = ml.MetaLearning().Adapt(model, support);
        results.Add(Judge($"meta-learned, {name}", isMeta: true, _ => adapted));
        if (validationLoss < best.Loss) // chosen by held-out training questions, not by the new ones
            best = (name, validationLoss, adapted);
    }
});

// From scratch: each new question has nothing but its own 20 rows.
results.Add(Judge("from scratch, L-BFGS", isMeta: false, rows => Pixels().Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer")).Fit(rows)));
results.Add(Judge("from scratch, LightGBM", isMeta: false, rows => Pixels().Append(ml.BinaryClassification.Trainers.LightGbm(
    new LightGbmBinaryTrainer.Options { LabelColumnName = "Answer", MinimumExampleCountPerLeaf = 2, NumberOfThreads = 1, Verbose = false })).Fit(rows)));
ITransformer untrained = Pixels().Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
{
    LabelColumnName = "Answer",
    MaximumNumberOfIterations = 0, // no other task: the network as it was initialised, then 100 gradient steps on the 20 rows
    Adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 100 },
})).Fit(ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Support)));
results.Add(Judge("from scratch, same network", isMeta: false, _ => untrained));

var table = new Table().AddColumns("strategy", "accuracy", "precision", "recall");
foreach (Result result in results)
    table.AddRow(Markup.Escape(result.Strategy), result.Accuracy.ToString(), result.Precision.ToString(), result.Recall.ToString());
table.Caption("mean and 95 % interval over 10 new questions, each judged on 539 test images after each of 10 draws of 20 rows");
AnsiConsole.Write(table);

// Save the adapted pipeline; another process loads it and gives the same scores.
string path = Path.Combine(Path.GetTempPath(), $"digits-{Environment.ProcessId}.zip");
ml.Model.Save(best.Model, support.Schema, path);
bool identical = Scores(best.Model).SequenceEqual(ScoresOfSecondProcess(path));
Console.WriteLine($"Saved {new FileInfo(path).Length / 1024} KiB; a second process gives {(identical ? "identical" : "DIFFERENT")} scores.");
File.Delete(path);

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Digits",
    meta_accuracy = Math.Round(results.Single(result => result.Strategy.EndsWith(best.Name, StringComparison.Ordinal)).Accuracy.Mean, 4),
    scratch_accuracy = Math.Round(results.Where(result => !result.IsMeta).Max(result => result.Accuracy.Mean), 4),
    best_adapter = best.Name,
    reloaded_identical = identical,
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

// Pixels are 0 … 16; a featuriser in front, as any pipeline has one.
IEstimator<ITransformer> Pixels() => ml.Transforms.NormalizeMinMax("Features", "Pixels");

Result Judge(string strategy, bool isMeta, Func<IDataView, ITransformer> modelOf)
{
    var metrics = tasks.Select(task =>
    {
        ITransformer model = modelOf(ml.Data.LoadFromEnumerable(task.Support));
        BinaryClassificationMetrics judged = ml.BinaryClassification.EvaluateNonCalibrated(model.Transform(ml.Data.LoadFromEnumerable(task.Test)), "Answer");
        return (Question: Questions.QuestionOf(task.Task), judged.Accuracy, judged.PositivePrecision, judged.PositiveRecall);
    }).GroupBy(draw => draw.Question).ToArray();
    return new Result(
        strategy,
        isMeta,
        Interval.Of(metrics.Select(draws => draws.Average(draw => draw.Accuracy))),
        Interval.Of(metrics.Select(draws => draws.Average(draw => draw.PositivePrecision))),
        Interval.Of(metrics.Select(draws => draws.Average(draw => draw.PositiveRecall))));
}

float[] Scores(ITransformer model) =>
    [.. model.Transform(ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Test))).GetColumn<float>("Score")];

static float[] ScoresOfSecondProcess(string modelPath)
{
    string host = Environment.ProcessPath!;
    bool isDotnet = Path.GetFileNameWithoutExtension(host) == "dotnet";
    using var process = Process.Start(new ProcessStartInfo(host, isDotnet ? [typeof(Questions).Assembly.Location, "score", modelPath] : ["score", modelPath]) { RedirectStandardOutput = true })!;
    string output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => float.Parse(line, CultureInfo.InvariantCulture))];
}
