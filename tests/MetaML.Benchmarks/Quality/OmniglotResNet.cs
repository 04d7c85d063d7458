using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Benchmarks.Quality;

/// <summary>New characters by the features of ResNet18, which was trained on photographs, beside the pack's own network. Both are trained on the same characters.</summary>
/// <remarks>The drawings are those of the files, without cropping. Training characters come from 24 alphabets, and those of the episodes from six others.</remarks>
internal static class OmniglotResNet
{
    private const int TrainingCharacters = 60, NewCharacters = 40, Drawings = 10, Alphabets = 24, Episodes = 100, Queries = 5, ResNetSide = 224, Steps = 400;

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        OmniglotDrawing[][][] alphabets = [.. OmniglotDrawing.Read(Path.Combine(folder, "images_background.zip")).GroupBy(drawing => drawing.Alphabet)
            .Select(alphabet => alphabet.GroupBy(drawing => drawing.Character).Select(character => character.ToArray()).ToArray())];
        random.Shuffle(alphabets);
        OmniglotDrawing[][] Some(IEnumerable<OmniglotDrawing[][]> of, int count)
        {
            OmniglotDrawing[][] characters = [.. of.SelectMany(alphabet => alphabet)];
            random.Shuffle(characters);
            return [.. characters[..count].Select(character => character[..Drawings])];
        }

        OmniglotDrawing[][] training = Some(alphabets[..Alphabets], TrainingCharacters), unseen = Some(alphabets[Alphabets..], NewCharacters);
        var table = new Table("omniglot-resnet", "accuracy", isHigherBetter: true);
        Evaluate(ml, table, "ResNet18", Features(ml, training, ResNet(ml)), Features(ml, unseen, ResNet(ml)), [("nothing set", new()), ("ridge", new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() })]);
        Evaluate(ml, table, "pixels", Features(ml, training, Pixels(ml)), Features(ml, unseen, Pixels(ml)), [("Conv-4 + prototypes", new() { Encoder = new ConvolutionalEncoderOptions(), Adapter = new PrototypeAdapterOptions(), LearningRate = 0.003, MaximumNumberOfIterations = Steps, ValidationFraction = 0 })]);
        table.Print(clock.Elapsed.TotalSeconds);
    }

    private static void Evaluate(MLContext ml, Table table, string features, TableRow[][] training, TableRow[][] unseen, (string Name, MetaLearnerOptions Options)[] learners)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(TableRow));
        schema[nameof(TableRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, training[0][0].Features.Length);
        IDataView rows = ml.Data.LoadFromEnumerable(training.SelectMany(character => character), schema);
        var labels = ml.Transforms.Conversion.MapValueToKey("Label", nameof(TableRow.Class));
        (string Name, ITransformer Model)[] models = [.. learners.Select(learner =>
        {
            var clock = Stopwatch.StartNew();
            ITransformer model = labels.Append(ml.MulticlassClassification.Trainers.MetaLearner(learner.Options with { Episodes = new EpisodeOptions { Ways = 20, Shots = 1, Queries = Queries, TasksPerIteration = 2 } })).Fit(rows);
            Console.WriteLine($"{features}, {learner.Name}: trained for {clock.Elapsed.TotalSeconds:F0} s.");
            return (learner.Name, model);
        })];
        foreach (var (ways, shots) in new[] { (5, 1), (5, 5), (20, 1) })
        {
            FewShot<TableRow>[] episodes = FewShot<TableRow>.Draw([unseen], (row, task, label) => new TableRow { Task = task, Class = label, Features = row.Features }, ways, shots, Queries, Episodes, new Random(2));
            string setting = $"{ways}-way {shots}-shot";
            foreach (var (name, model) in models)
                table.Add($"{features}, {name}", setting, FewShot<TableRow>.Adapt(ml, model, episodes, schema));
            var scratch = labels.Append(ml.Transforms.NormalizeMinMax("Features")).Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f));
            table.Add($"{features}, from scratch, L-BFGS", setting, FewShot<TableRow>.FromScratch(ml, scratch.Fit, episodes, schema));
        }
    }

    private static TableRow[][] Features(MLContext ml, OmniglotDrawing[][] characters, IEstimator<ITransformer> pipeline)
    {
        IDataView view = ml.Data.LoadFromEnumerable(characters.SelectMany(character => character));
        var clock = Stopwatch.StartNew();
        float[][] features = [.. pipeline.Fit(view).Transform(view).GetColumn<float[]>("Features")];
        Console.WriteLine($"{features.Length} images read in {clock.Elapsed.TotalSeconds:F0} s.");
        int row = 0;
        return Array.ConvertAll(characters, character => Array.ConvertAll(character, drawing => new TableRow { Class = $"{drawing.Alphabet}/{drawing.Character}", Features = features[row++] }));
    }

    private static IEstimator<ITransformer> ResNet(MLContext ml) => ml.Transforms.ResizeImages("Image", ResNetSide, ResNetSide)
        .Append(ml.Transforms.ExtractPixels("Pixels", "Image"))
        .Append(ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(ml, network.OutputColumn, network.InputColumn), "Pixels"));

    private static IEstimator<ITransformer> Pixels(MLContext ml) => ml.Transforms.ResizeImages("Image", ImageRow.Side, ImageRow.Side)
        .Append(ml.Transforms.ExtractPixels("Features", "Image", colorsToExtract: Microsoft.ML.Transforms.Image.ImagePixelExtractingEstimator.ColorBits.Red));
}
