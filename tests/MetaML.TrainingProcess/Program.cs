// train <checkpoint>   meta-training that keeps a checkpoint; prints a line for each step, each warning, and last a hash of the model
// save <folder>        saves two models, which are also in one.zip and other.zip, in turn as model.zip until it is killed; prints a line for each
using System.Security.Cryptography;
using MetaML;
using MetaML.TestKit;
using MetaML.Training;
using Microsoft.ML;

if (args[0] == "train")
    Train(args[1]);
else
    Save(args[1]);

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
