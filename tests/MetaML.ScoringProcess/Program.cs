// score <model> <rows>            loads a model by ML.NET's own call, in code that never mentions MetaML
// adapt <model> <rows> <support>  the same after adapting the model
// predict <model>                 loads a model and makes one prediction of a row of 16 features, as benchmarks time it
// train <rows>                    meta-training, which needs the native library, and says so where it is absent
// choose <rows>                   the same with the learner chosen by default; prints each warning
// fit <rows>                      empirical Bayes on the features themselves, which needs no native library
// Prints the scores (of several outputs, one after the other), one per line, then their standard deviations where there are any, and last whether a torch library was loaded.
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
if (args[0] == "predict")
{
    using PredictionEngine<Row, Prediction> engine = ml.Model.CreatePredictionEngine<Row, Prediction>(ml.Model.Load(args[1], out _));
    Console.WriteLine(engine.Predict(new Row()).Score.ToString("R", CultureInfo.InvariantCulture));
    return;
}

IDataView rows = ml.Data.LoadFromBinary(args[^1] is var last && args[0] == "adapt" ? args[2] : last);
if (args[0] == "train")
{
    try
    {
        Train(ml, rows);
    }
    catch (DllNotFoundException error)
    {
        Console.WriteLine(error.Message);
    }

    return;
}

if (args[0] == "choose")
{
    ml.Log += (_, message) =>
    {
        if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            Console.WriteLine(message.RawMessage);
    };
    Choose(ml, rows);
    return;
}

ITransformer model = args[0] == "fit" ? Fit(ml, rows) : ml.Model.Load(args[1], out _);
if (args[0] == "adapt")
    model = Adapt(ml, model, ml.Data.LoadFromBinary(args[3]));
IDataView scored = model.Transform(rows);
IEnumerable<float> scores = scored.Schema.Where(column => column.Name == "Score" || column.Name.EndsWith(".Score", StringComparison.Ordinal))
    .SelectMany(column => column.Type is VectorDataViewType ? scored.GetColumn<float[]>(column).SelectMany(row => row) : scored.GetColumn<float>(column));
if (scored.Schema.GetColumnOrNull("ScoreStandardDeviation") is not null)
    scores = scores.Concat(scored.GetColumn<float>("ScoreStandardDeviation"));
foreach (float score in scores)
    Console.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));

bool isTorchLoaded = File.Exists("/proc/self/maps") && File.ReadLines("/proc/self/maps").Any(line => line.Contains("torch", StringComparison.OrdinalIgnoreCase) && line.Contains(".so", StringComparison.Ordinal));
Console.WriteLine(isTorchLoaded ? "torch is loaded" : "torch is not loaded");

[MethodImpl(MethodImplOptions.NoInlining)]
static ITransformer Adapt(MLContext ml, ITransformer model, IDataView support) => ml.MetaLearning().Adapt(model, support);

[MethodImpl(MethodImplOptions.NoInlining)]
static void Train(MLContext ml, IDataView rows) => ml.BinaryClassification.Trainers.MetaLearner(new MetaML.MetaLearnerOptions
{
    LabelColumnName = "Answer",
    Encoder = new MetaML.MlpEncoderOptions(),
}).Fit(rows);

[MethodImpl(MethodImplOptions.NoInlining)]
static void Choose(MLContext ml, IDataView rows) => ml.Regression.Trainers.MetaLearner("Value").Fit(rows);

[MethodImpl(MethodImplOptions.NoInlining)]
static ITransformer Fit(MLContext ml, IDataView rows) => ml.Regression.Trainers.MetaLearner(new MetaML.MetaLearnerOptions
{
    LabelColumnName = "Value",
    Encoder = new MetaML.IdentityEncoderOptions(),
    Adapter = new MetaML.BayesianAdapterOptions(),
}).Fit(rows);

internal sealed class Row
{
    public string Task { get; set; } = "";

    [VectorType(16)]
    public float[] Features { get; set; } = new float[16];
}

internal sealed class Prediction
{
    public float Score { get; set; }
}
