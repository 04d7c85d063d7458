// Characters of alphabets that were never seen are told apart, each learned from one to five drawings.
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using FewShotImages;
using MetaML.Encoders;
using MetaML.Extensions;
using MetaML.Tasks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);

// A folder or zip file of Omniglot, or made-up characters.
DirectoryInfo temporary = Directory.CreateTempSubdirectory("few-shot-images-");
string folder = args.FirstOrDefault() ?? "";
if (folder.Length == 0)
    Scribbles.Draw(folder = temporary.FullName, alphabets: 12, characters: 10, drawings: 12);
else if (File.Exists(folder))
    ZipFile.ExtractToDirectory(folder, folder = temporary.FullName);
Drawing[] drawings = [.. Drawing.In(folder)];
DataOperationsCatalog.TrainTestData alphabets = ml.MetaLearning().TaskTrainTestSplit(ml.Data.LoadFromEnumerable(drawings), testFraction: 0.3, taskColumnName: "Alphabet");

// ML.NET's image pipeline. Two steps, because shrinking by more than a half at once loses thin lines.
IEstimator<ITransformer> Pixels() => ml.Transforms.LoadImages("Image", "", "File")
    .Append(ml.Transforms.ResizeImages("Image", 53, 53))
    .Append(ml.Transforms.ResizeImages("Image", 28, 28))
    .Append(ml.Transforms.ExtractPixels("Features", "Image", colorsToExtract: ImagePixelExtractingEstimator.ColorBits.Red, scaleImage: 1f / 255))
    .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Character"));

// A convolutional network that tells ten characters of an alphabet apart by one drawing of each; small, to be trained in seconds.
var options = new MetaLearnerOptions
{
    TaskColumnName = "Alphabet",
    Encoder = new ConvolutionalEncoderOptions { Filters = 16 },
    Episodes = new EpisodeOptions { Ways = 10, Shots = 1, Queries = 4, TasksPerIteration = 4 },
    ValidationFraction = 0,
    MaximumNumberOfIterations = 200,
};
ITransformer model = Pixels().Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(alphabets.TrainSet);
Console.WriteLine($"trained {clock.Elapsed.TotalSeconds:F1}");
FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    alphabets.TestSet,
    [
        LearningStrategy.MetaLearned("meta-learned", model),
        LearningStrategy.FromScratch("from scratch, L-BFGS", Pixels().Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.01f))),
    ],
    labelColumnName: "Character",
    taskColumnName: "Alphabet",
    options: new FewShotOptions { SupportSizes = [1, 2, 5], IsPerClass = true, Draws = 1 });
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-25} {string.Join("  ", curve.Points.Select(point => point.Evaluation[TaskMetric.MicroAccuracy].Macro))}");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new { seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) }));
temporary.Delete(recursive: true);
