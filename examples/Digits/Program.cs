// The program learns 40 yes/no questions about digits together. It then learns 10 new questions from 20 images each.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Digits;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;
using Spectre.Console;

var ml = new MLContext(seed: 1);
var questions = new Questions(Path.Combine(AppContext.BaseDirectory, "digits.csv"));
var tasks = questions.New.ToArray();

if (args is ["score", var savedModel])
{
    // The second process loads the adapted pipeline, scores the test rows, and prints the scores.
    ITransformer loaded = ml.Model.Load(savedModel, out _);
    foreach (float score in Scores(loaded))
        Console.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));
    return;
}

var clock = Stopwatch.StartNew();
IDataView training = ml.Data.LoadFromEnumerable(questions.Training.ToArray());
IDataView support = ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Support));
IDataView test = ml.Data.LoadFromEnumerable(tasks.SelectMany(task => task.Test));
var results = new List<FewShotCurve>();

// Learn across the 40 questions. Then adapt to all new questions in one call.
(string Name, AdapterOptions Adapter)[] adapters =
[
    ("prototypes", new PrototypeAdapterOptions()),
    ("ridge", new RidgeAdapterOptions()),
    ("ANIL", new GradientAdapterOptions()), // gradient steps on the head
    ("MAML", new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 3 }), // gradient steps on the whole network
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
            MaximumNumberOfIterations = 200,
            Progress = new Report<TrainingProgress>(step =>
            {
                bar.Value = 100.0 * step.Iteration / step.MaximumNumberOfIterations;
                validationLoss = Math.Min(validationLoss, step.ValidationLoss ?? double.PositiveInfinity);
            }),
        });
        ITransformer model = Pixels().Append(trainer).Fit(training);
        bar.Value = 100;
        ITransformer adapted = ml.MetaLearning().Adapt(model, support);
        results.Add(Evaluate($"meta-learned, {name}", StrategyKind.MetaLearned, adapted.Transform(test)));
        if (validationLoss < best.Loss) // the choice depends on held-out training questions, and not on the new questions
            best = (name, validationLoss, adapted);
    }
});

results.Add(EvaluateFromScratch("from scratch, L-BFGS", ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Answer")));
results.Add(EvaluateFromScratch("from scratch, LightGBM", ml.BinaryClassification.Trainers.LightGbm(
    new LightGbmBinaryTrainer.Options { LabelColumnName = "Answer", MinimumExampleCountPerLeaf = 2, NumberOfThreads = 1, Verbose = false })));
var untrained = Pixels().Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
{
    LabelColumnName = "Answer",
    MaximumNumberOfIterations = 0, // no training on other tasks: 100 gradient steps on the 20 rows, from random initial parameters
    Adapter = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 100 },
})).Fit(support);
results.Add(Evaluate("from scratch, same network", StrategyKind.FromScratch, untrained.Transform(test)));

var table = new Table().AddColumns("strategy", "accuracy", "precision", "recall");
foreach (FewShotCurve curve in results)
    table.AddRow([Markup.Escape(curve.Strategy), .. new[] { TaskMetric.Accuracy, TaskMetric.Precision, TaskMetric.Recall }.Select(metric => curve.Overall![metric].Macro.ToString())]);
table.Caption("mean and 95 % interval over 10 new questions; each is evaluated on 539 test images for 10 draws of 20 support rows");
AnsiConsole.Write(table);

const string Report = "digits-report.html";
new FewShotEvaluation
{
    Kind = LabelKind.Binary,
    Metric = TaskMetric.Accuracy,
    SupportSizes = [Questions.SupportPerAnswer],
    IsPerClass = true,
    Draws = Questions.Draws,
    Seed = 1,
    Curves = results,
}.SaveHtml(Report);
Console.WriteLine($"The report is {Path.GetFullPath(Report)}: open it in a browser.");

// Save the adapted pipeline. Another process loads it and computes the same scores.
string path = Path.Combine(Path.GetTempPath(), $"digits-{Environment.ProcessId}.zip");
ml.Model.Save(best.Model, support.Schema, path);
bool identical = Scores(best.Model).SequenceEqual(ScoresOfSecondProcess(path));
Console.WriteLine($"Saved {new FileInfo(path).Length / 1024} KiB; a second process gives {(identical ? "identical" : "DIFFERENT")} scores.");
File.Delete(path);

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Digits",
    meta_accuracy = Math.Round(Accuracy(results.Single(curve => curve.Strategy.EndsWith(best.Name, StringComparison.Ordinal))), 4),
    scratch_accuracy = Math.Round(results.Where(curve => curve.Kind == StrategyKind.FromScratch).Max(Accuracy), 4),
    best_adapter = best.Name,
    reloaded_identical = identical,
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

// Scales the pixels, which are between 0 and 16.
IEstimator<ITransformer> Pixels() => ml.Transforms.NormalizeMinMax("Features", "Pixels");

// Learns each new question only from its own 20 rows.
FewShotCurve EvaluateFromScratch(string strategy, IEstimator<ITransformer> trainer)
{
    IDataView[] scored = [.. tasks.Select(task => Pixels().Append(trainer).Fit(ml.Data.LoadFromEnumerable(task.Support)).Transform(ml.Data.LoadFromEnumerable(task.Test)))];
    return Evaluate(strategy, StrategyKind.FromScratch, scored);
}

// The metrics of a question are means over its draws. The reported mean and interval are over the questions.
FewShotCurve Evaluate(string strategy, StrategyKind kind, params IDataView[] scored)
{
    var draws = scored.SelectMany(view => ml.MetaLearning().EvaluateTasks(view, "Answer").Tasks).GroupBy(draw => Questions.QuestionOf(draw.Task));
    var questions = new TaskEvaluation(LabelKind.Binary, [.. draws.Select(question => new TaskMetrics
    {
        Task = question.Key,
        RowCount = question.First().RowCount,
        Values = question.First().Values.Keys.ToDictionary(metric => metric, metric => question.Average(draw => draw[metric])),
    })]);
    return new FewShotCurve { Strategy = strategy, Kind = kind, Points = [new FewShotPoint(Questions.SupportPerAnswer, questions)], Overall = questions };
}

double Accuracy(FewShotCurve curve) => curve.Overall![TaskMetric.Accuracy].Macro.Mean;

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
