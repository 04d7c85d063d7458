// The program trains, adapts, saves and loads a pipeline with a custom adapter.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
AdapterOptions.Register<NearestMeanAdapterOptions>("example.nearest-mean"); // the name in saved models; register it before training and before loading

var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Machines(first: 0, count: 40));
SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(ml.Data.LoadFromEnumerable(Machines(first: 40, count: 20)), 10, labelColumnName: "Fails", taskColumnName: "Machine");

double custom = AreaUnderRocCurve(new NearestMeanAdapterOptions(), out ITransformer adapted);
double ridge = AreaUnderRocCurve(new RidgeAdapterOptions(), out _);
Console.WriteLine($"AUC on 20 new machines with 10 support rows each: nearest mean {custom:F3}, ridge {ridge:F3}");

using var file = new MemoryStream();
ml.Model.Save(adapted, training.Schema, file);
file.Position = 0;
bool identical = Scores(adapted).SequenceEqual(Scores(ml.Model.Load(file, out _)));
Console.WriteLine($"saved and loaded: scores are {(identical ? "identical" : "not identical")}");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "OwnAdapter",
    own_auc = Math.Round(custom, 4),
    ridge_auc = Math.Round(ridge, 4),
    reloaded_identical = identical,
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

double AreaUnderRocCurve(AdapterOptions adapter, out ITransformer adapted)
{
    var pipeline = ml.Transforms.Concatenate("Features", "Heat", "Load", "Age")
        .Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions { LabelColumnName = "Fails", TaskColumnName = "Machine", Adapter = adapter, MaximumNumberOfIterations = 200 }));
    adapted = ml.MetaLearning().Adapt(pipeline.Fit(training), split.Support);
    return ml.BinaryClassification.Evaluate(adapted.Transform(split.Query), "Fails").AreaUnderRocCurve;
}

float[] Scores(ITransformer model) => [.. model.Transform(split.Query).GetColumn<float>("Score")];

// Artificial machines. A machine fails if its heat and load are too high. The limits differ between machines.
static IEnumerable<Reading> Machines(int first, int count)
{
    for (int machine = first; machine < first + count; machine++)
    {
        var random = new Random(machine);
        double heat = 60 + 20 * random.NextDouble(), load = 0.3 + 0.4 * random.NextDouble();
        for (int i = 0; i < 60; i++)
        {
            var reading = new Reading { Machine = $"machine {machine}", Heat = random.Next(40, 100), Load = (float)random.NextDouble(), Age = random.Next(0, 10) };
            reading.Fails = (reading.Heat - heat) / 20 + (reading.Load - load) / 0.3 + 0.1 * reading.Age > 0.5;
            yield return reading;
        }
    }
}

internal sealed class Reading
{
    public string Machine { get; set; } = "";

    public float Heat { get; set; }

    public float Load { get; set; }

    public float Age { get; set; }

    public bool Fails { get; set; }
}
