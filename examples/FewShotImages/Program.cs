// The program distinguishes the characters of new alphabets. It learns each character from one to five drawings.
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using FewShotImages;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);

// The images are a folder or zip file in the layout of Omniglot, or generated characters.
DirectoryInfo temporary = Directory.CreateTempSubdirectory("few-shot-images-");
string folder = args.FirstOrDefault() ?? "";
if (folder.Length == 0)
    Scribbles.Draw(folder = temporary.FullName, alphabets: 12, characters: 10, drawings: 12);
else if (File.Exists(folder))
    ZipFile.ExtractToDirectory(folder, folder = temporary.FullName);
Drawing[] drawings = [.. Drawing.In(folder)];
DataOperationsCatalog.TrainTestData alphabets = ml.MetaLearning().TaskTrainTestSplit(ml.Data.LoadFromEnumerable(drawings), testFraction: 0.3, taskColumnName: "Alphabet");

// ML.NET's image pipeline. It resizes in two steps, because shrinking by more than half in one step loses thin lines.
IEstimator<ITransformer> Pixels() => ml.Transforms.LoadImages("Image", "", "File")
    .Append(ml.Transforms.ResizeImages("Image", 53, 53))
    .Append(ml.Transforms.ResizeImages("Image", 28, 28))
    .Append(ml.Transforms.ExtractPixels("Features", "Image", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red, scaleImage: 1f / 255))
    .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Character"));

// A small convolutional network. It is trained to distinguish ten characters of an alphabet with one drawing of each.
var options = new MetaLearnerOptions
{
    TaskColumnName = "Alphabet",
    Encoder = new ConvolutionalEncoderOptions { Filters = 16 },
    Episodes = new EpisodeOptions { Ways = 10, Shots = 1, Queries = 4, TasksPerIteration = 4 },
    ValidationFraction = 0, // all characters are used for training
    MaximumNumberOfIterations = 200,
};
ITransformer model = Pixels().Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(alphabets.TrainSet);

// Learn all characters of each new alphabet from one, two and five drawings.
const string Meta = "learned across alphabets", Scratch = "from scratch, L-BFGS";
int[] sizes = [1, 2, 5];
FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    alphabets.TestSet,
    [
        LearningStrategy.MetaLearned(Meta, model),
        LearningStrategy.FromScratch(Scratch, Pixels().Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.01f))),
    ],
    labelColumnName: "Character",
    taskColumnName: "Alphabet",
    options: new FewShotOptions { SupportSizes = sizes, IsPerClass = true, Draws = 1 });
Console.WriteLine($"accuracy on {result[Meta].Overall!.Tasks.Count} new alphabets, by the number of drawings of each character:");
Console.WriteLine($"{"",-26}{string.Concat(sizes.Select(size => $"{size,16}"))}");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-26}{string.Concat(sizes.Select((_, i) => $"{Accuracy(curve, i),16}"))}");

// Add one new character to an alphabet that the model knows.
string alphabet = alphabets.TestSet.GetColumn<string>("Alphabet").Last();
Drawing[][] characters = [.. drawings.Where(drawing => drawing.Alphabet == alphabet).GroupBy(drawing => drawing.Character).Select(character => character.ToArray())];
IDataView Some(int count) => ml.Data.LoadFromEnumerable(characters.Take(count).SelectMany(character => character.Take(3)));
IDataView others = ml.Data.LoadFromEnumerable(characters[^1].Skip(3));
ITransformer without = ml.MetaLearning().Adapt(model, Some(characters.Length - 1));
ITransformer with = ml.MetaLearning().Adapt(without, Some(characters.Length));
double recognised = ml.MulticlassClassification.Evaluate(with.Transform(others)).MicroAccuracy;
Console.WriteLine($"{characters[^1][0].Character}, added with three drawings: {recognised:P0} of its {characters[^1].Length - 3} other drawings are recognised");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "FewShotImages",
    one_drawing = Math.Round(Accuracy(result[Meta], 0).Mean, 4),
    five_drawings = Math.Round(Accuracy(result[Meta], 2).Mean, 4),
    scratch_five_drawings = Math.Round(Accuracy(result[Scratch], 2).Mean, 4),
    new_character = Math.Round(recognised, 4),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));
temporary.Delete(recursive: true);

static MeanInterval Accuracy(FewShotCurve curve, int size) => curve.Points[size].Evaluation[TaskMetric.MicroAccuracy].Macro;
