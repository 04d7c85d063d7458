// train <checkpoint>   meta-training that keeps a checkpoint; prints a line for each step, each warning, and last a hash of the model
// catalog-first        uses ml.MetaLearning(), then TorchSharp, then loads libtorch as trainers do; prints the outcome of both
// torch-first          uses TorchSharp, then loads libtorch as trainers do; prints the outcome of both
// save <folder>        saves two models, which are also in one.zip and other.zip, in turn as model.zip until it is killed; prints a line for each
// experiment <folder>  an experiment that keeps its runs in the folder; prints a line for each run, and last its scores and recommendation
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using MetaML;
using MetaML.TestKit;
using MetaML.Training;
using Microsoft.ML;

switch (args[0])
{
    case "train":
        Train(args[1]);
        break;
    case "experiment":
        Compare(args[1]);
        break;
    case "save":
        Save(args[1]);
        break;
    default:
        if (args[0] == "catalog-first")
            UseCatalog();
        Console.WriteLine($"TorchSharp: {Outcome(UseTorchSharp)}");
        Console.WriteLine($"MetaML: {Outcome(Load)}");
        break;
}

// Methods of their own, since compiling a method may load what it names.
[MethodImpl(MethodImplOptions.NoInlining)]
static void UseCatalog() => _ = new MLContext().MetaLearning();

[MethodImpl(MethodImplOptions.NoInlining)]
static void UseTorchSharp() => TorchSharp.torch.zeros(1).Dispose();

[MethodImpl(MethodImplOptions.NoInlining)]
static void Load() => TorchRuntime.EnsureLoaded();

static string Outcome(Action action)
{
    try
    {
        action();
        return "works";
    }
    catch (Exception error) when (error is TypeInitializationException or NotSupportedException or DllNotFoundException)
    {
        return error is DllNotFoundException ? error.Message : error.GetType().Name;
    }
}

static void Train(string checkpoint)
{
    var options = new MetaTrainingOptions
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6, Dropout = 0.1 },
        Adapter = new GradientAdapterOptions(),
        TaskWeighting = new FamoWeightingOptions(),
        MaximumNumberOfIterations = InterruptedTraining.Steps,
        EarlyStopping = null,
        CheckpointPath = checkpoint,
        CheckpointInterval = 3,
        Progress = new Reports(report => Console.WriteLine(report.Iteration)),
    };
    var model = MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), options, warn: Console.WriteLine);
    Console.WriteLine(Convert.ToHexString(SHA256.HashData(Bytes.Of(model.Write))));
}

static void Compare(string folder)
{
    MLContext ml = TrainerCase.NewContext();
    var settings = new TaskExperimentSettings
    {
        FewShot = new FewShotOptions { SupportSizes = [4, 10], Draws = 2 },
        MetaLearner = new MetaLearnerOptions { MaximumNumberOfIterations = 60 },
        Encoders = [new IdentityEncoderOptions(), new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 }],
        Adapters = [new RidgeAdapterOptions(), new BayesianAdapterOptions()],
        CheckpointFolder = folder,
    };
    ExperimentResult result = ml.MetaLearning().CreateExperiment(settings).Execute(
        new TrainerCase("regression", "Value").Data(ml, Some.Tasks(20)), "Value", progressHandler: new Progress(run => Console.WriteLine($"{run.TrainerName}, {run.ValidationFolds}")));
    IEnumerable<string> scores = result.RunDetails.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.TrainerName} {run.Round} {run.ValidationFolds} {run.Score?.Mean:R}"));
    Console.WriteLine($"{string.Join("; ", scores)}; {result.Recommendation}");
}

static void Save(string folder)
{
    MLContext ml = TrainerCase.NewContext();
    var trainer = new TrainerCase("regression", "Value");
    MetaLearnerOptions options = trainer.Options(new BayesianAdapterOptions()) with { Encoder = new IdentityEncoderOptions() };
    ITransformer[] models = [.. new[] { 4, 40 }.Select(tasks => trainer.Trainer(ml, options).Fit(trainer.Data(ml, Some.Tasks(tasks))))];
    ml.Model.Save(models[0], null, Path.Combine(folder, "one.zip"));
    ml.Model.Save(models[1], null, Path.Combine(folder, "other.zip"));
    for (int i = 0; ; i++)
    {
        try
        {
            ml.MetaLearning().SaveAtomic(models[i % 2], null, Path.Combine(folder, "model.zip"));
            Console.WriteLine("saved");
        }
        catch (IOException error)
        {
            Console.WriteLine($"failed: {error.Message}");
        }
    }
}

// On the thread of the experiment, so that the lines are in order.
internal sealed class Progress(Action<RunDetail> report) : IProgress<RunDetail>
{
    public void Report(RunDetail value) => report(value);
}
