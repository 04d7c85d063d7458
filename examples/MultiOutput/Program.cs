// The program predicts six outputs for each sample of wine. For most samples at most one of them is known.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
var clock = Stopwatch.StartNew();
Wine[] samples = [.. Samples(400, seed: 1, known: 0.15)]; // 60 labels for each output
IDataView training = ml.Data.LoadFromEnumerable(samples), test = ml.Data.LoadFromEnumerable(Samples(2000, seed: 2, known: 1).ToArray());

// One model for all outputs. Their kinds may differ, and labels may be missing.
var pipeline = Region().Append(ml.MetaLearning().MultiOutput(new MultiOutputOptions
{
    Outputs =
    [
        new OutputColumn("Alcohol"),                    // Single: regression
        new OutputColumn("Acidity"),
        new OutputColumn("Sugar"),
        new OutputColumn("Tannin"),
        new OutputColumn("Corked", LabelKind.Binary),   // Single of 0, 1 and NaN: a Boolean column has no missing values
        new OutputColumn("RegionKey"),                  // key: classes
    ],
}));
IDataView scored = pipeline.Fit(training).Transform(test);
(string Output, string Metric, double Together, double OneByOne)[] results =
[
    ("Alcohol", "R²", ml.Regression.Evaluate(scored, "Alcohol", "Alcohol.Score").RSquared, Alone("Alcohol")),
    ("Acidity", "R²", ml.Regression.Evaluate(scored, "Acidity", "Acidity.Score").RSquared, Alone("Acidity")),
    ("Sugar", "R²", ml.Regression.Evaluate(scored, "Sugar", "Sugar.Score").RSquared, Alone("Sugar")),
    ("Tannin", "R²", ml.Regression.Evaluate(scored, "Tannin", "Tannin.Score").RSquared, Alone("Tannin")),
    ("Corked", "AUC", ml.BinaryClassification.Evaluate(scored, "Corked", "Corked.Score", "Corked.Probability", "Corked.PredictedLabel").AreaUnderRocCurve, Corked()),
    ("Region", "accuracy", ml.MulticlassClassification.Evaluate(scored, "RegionKey", "RegionKey.Score", "RegionKey.PredictedLabel").MicroAccuracy, Regions()),
];

Console.WriteLine("output    metric     together  one by one (LightGBM)");
foreach (var (output, metric, together, oneByOne) in results)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output,-9} {metric,-10} {together,8:F3}  {oneByOne,10:F3}"));
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "MultiOutput",
    outputs = results.ToDictionary(result => result.Output, result => new { together = Math.Round(result.Together, 4), one_by_one = Math.Round(result.OneByOne, 4) }),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

// Trains a model for one output on the rows that have its label.
double Alone(string output) => ml.Regression.Evaluate(
    ml.Regression.Trainers.LightGbm(output, minimumExampleCountPerLeaf: 5, numberOfLeaves: 8).Fit(ml.Data.FilterRowsByMissingValues(training, output)).Transform(test), output).RSquared;

double Corked()
{
    var answer = ml.Transforms.Conversion.ConvertType("Answer", "Corked", DataKind.Boolean);
    IDataView known = ml.Data.FilterRowsByMissingValues(training, "Corked");
    return ml.BinaryClassification.Evaluate(answer.Append(ml.BinaryClassification.Trainers.LightGbm("Answer", minimumExampleCountPerLeaf: 5, numberOfLeaves: 8)).Fit(known).Transform(test), "Answer").AreaUnderRocCurve;
}

double Regions()
{
    IDataView known = ml.Data.LoadFromEnumerable(samples.Where(sample => sample.Region.Length > 0));
    return ml.MulticlassClassification.Evaluate(Region().Append(ml.MulticlassClassification.Trainers.LightGbm("RegionKey", minimumExampleCountPerLeaf: 5, numberOfLeaves: 8)).Fit(known).Transform(test), "RegionKey").MicroAccuracy;
}

IEstimator<ITransformer> Region() => ml.Transforms.Conversion.MapValueToKey("RegionKey", "Region");

// Artificial samples of wine. The features are ten readings of an instrument. All outputs depend on two hidden variables, sun and soil.
static IEnumerable<Wine> Samples(int count, int seed, double known)
{
    var random = new Random(seed);
    double Noise() => random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
    bool IsKnown() => random.NextDouble() < known;
    for (int i = 0; i < count; i++)
    {
        float[] readings = [.. Enumerable.Range(0, 10).Select(_ => (float)Noise())];
        double sun = Math.Tanh(2 * readings[0] + readings[1] - readings[2]), soil = Math.Tanh(2 * readings[3] * readings[4] + readings[5]);
        yield return new Wine
        {
            Features = readings,
            Alcohol = IsKnown() ? (float)(12 + 1.5 * sun - 0.5 * soil + 0.2 * Noise()) : float.NaN,
            Acidity = IsKnown() ? (float)(0.006 - 0.002 * sun + 0.002 * soil + 0.0004 * Noise()) : float.NaN,
            Sugar = IsKnown() ? (float)(40 + 15 * sun + 10 * soil + 4 * Noise()) : float.NaN,
            Tannin = IsKnown() ? (float)(2 + 0.3 * sun - 0.6 * soil + 0.1 * Noise()) : float.NaN,
            Corked = IsKnown() ? sun + soil + 0.2 * Noise() > 0 ? 1 : 0 : float.NaN,
            Region = IsKnown() ? (sun < 0 ? "north" : "south") + (soil < 0 ? " hills" : " plain") : "", // MapValueToKey maps "" to a missing key
        };
    }
}

internal sealed class Wine
{
    [VectorType(10)]
    public float[] Features { get; set; } = [];

    public float Alcohol { get; set; }

    public float Acidity { get; set; }

    public float Sugar { get; set; }

    public float Tannin { get; set; }

    public float Corked { get; set; }

    public string Region { get; set; } = "";
}
