// score <model> <rows>            loads a model by ML.NET's own call, in code that never mentions MetaML
// adapt <model> <rows> <support>  the same after adapting the model
// train <rows>                    meta-training, which needs the native library, and says so where it is absent
// fit <rows>                      empirical Bayes on the features themselves, which needs no native library
// Prints the scores, one per line, and last whether a torch library was loaded.
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
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

ITransformer model = args[0] == "fit" ? Fit(ml, rows) : ml.Model.Load(args[1], out _);
if (args[0] == "adapt")
    model = Adapt(ml, model, ml.Data.LoadFromBinary(args[3]));
IDataView scored = model.Transform(rows);
IEnumerable<float> scores = scored.Schema["Score"].Type is VectorDataViewType
    ? scored.GetColumn<float[]>("Score").SelectMany(row => row)
    : scored.GetColumn<float>("Score");
foreach (float score in scores)
    Console.WriteLine(score.ToString("R", CultureInfo.InvariantCulture));

bool isTorchLoaded = File.Exists("/proc/self/maps") && File.ReadLines("/proc/self/maps").Any(line => line.Contains("torch", StringComparison.OrdinalIgnoreCase) && line.Contains(".so", StringComparison.Ordinal));
Console.WriteLine(isTorchLoaded ? "torch is loaded" : "torch is not loaded");

[MethodImpl(MethodImplOptions.NoInlining)]
static ITransformer Adapt(MLContext ml, ITransformer model, IDataView support) => ml.MetaLearning().Adapt(model, support);

[MethodImpl(MethodImplOptions.NoInlining)]
static void Train(MLContext ml, IDataView rows) => ml.BinaryClassification.Trainers.MetaLearner(new MetaML.Extensions.MetaLearnerOptions
{
    LabelColumnName = "Answer",
    Encoder = new MetaML.Encoders.MlpEncoderOptions(),
}).Fit(rows);

[MethodImpl(MethodImplOptions.NoInlining)]
static ITransformer Fit(MLContext ml, IDataView rows) => ml.Regression.Trainers.MetaLearner(new MetaML.Extensions.MetaLearnerOptions
{
    LabelColumnName = "Value",
    Encoder = new MetaML.Encoders.IdentityEncoderOptions(),
    Adapter = new MetaML.Adapters.BayesianAdapterOptions(),
}).Fit(rows);
