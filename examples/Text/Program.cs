// What does a customer want? Sixteen intents are learned across; eight that were never seen are then learned from five messages each.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);

// A file of Text,Intent[,Task] with a header, or made-up messages. A third of the intents is kept for later.
IEnumerable<Message> read = args is [var path]
    ? ml.Data.CreateEnumerable<Message>(ml.Data.LoadFromTextFile<Message>(path, ',', hasHeader: true, allowQuoting: true), reuseRowObject: false)
    : Messages.Generate(count: 40);
Message[] messages = [.. read.Select(message => message.Task.Length > 0 ? message : message with { Task = "all" })];
string[] intents = [.. messages.Select(message => message.Intent).Distinct()];
new Random(1).Shuffle(intents);
HashSet<string> later = [.. intents[^(intents.Length / 3)..]];
IDataView training = ml.Data.LoadFromEnumerable(messages.Where(message => !later.Contains(message.Intent)));
IDataView unseen = ml.Data.LoadFromEnumerable(messages.Where(message => later.Contains(message.Intent)).Select(message => message with { Task = $"{message.Task} (new intents)" }));

// Each training task is five intents of the pool. What suits texts is chosen from the data; it has few numbers to learn, so that few steps do.
IEstimator<ITransformer> Features() => ml.Transforms.Text.FeaturizeText("Features", "Text")
    .Append(ml.Transforms.Conversion.MapValueToKey("Label", "Intent"));
var trainers = ml.MulticlassClassification.Trainers;
var options = new MetaLearnerOptions
{
    Episodes = new EpisodeOptions { Ways = 5, Shots = 5 },
    ValidationFraction = 0.3, // five of the sixteen intents
    MaximumNumberOfIterations = 100,
};
ITransformer model = Features().Append(trainers.MetaLearner(options)).Fit(training);

// New intents, ten times from one, two and five messages each; the others say how well. From scratch, words are those of the few messages.
const string Meta = "learned across intents", Lbfgs = "from scratch, L-BFGS", Perceptron = "from scratch, perceptron";
int[] sizes = [1, 2, 5];
FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    unseen,
    [
        LearningStrategy.MetaLearned(Meta, model),
        LearningStrategy.FromScratch(Lbfgs, Features().Append(trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.01f))),
        LearningStrategy.FromScratch(Perceptron, Features().Append(trainers.OneVersusAll(ml.BinaryClassification.Trainers.AveragedPerceptron()))),
    ],
    labelColumnName: "Intent",
    options: new FewShotOptions { SupportSizes = sizes, IsPerClass = true, Draws = 10 });
Console.WriteLine($"accuracy on {later.Count} new intents, messages of each known:");
Console.WriteLine($"{"",-26}{string.Concat(sizes.Select(size => $"{size,8}"))}");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-26}{string.Concat(sizes.Select((_, i) => $"{Accuracy(curve, i),8:F3}"))}");

// And as an application does it: learn the new intents, then ask.
SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(unseen, 5, isPerClass: true, labelColumnName: "Intent");
ITransformer adapted = ml.MetaLearning().Adapt(model, split.Support);
var asText = ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel").Fit(adapted.Transform(split.Query));
foreach (Answer answer in ml.Data.CreateEnumerable<Answer>(asText.Transform(adapted.Transform(split.Query)), reuseRowObject: false).Take(3))
    Console.WriteLine($"\"{answer.Text}\" → {answer.Predicted}");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Text",
    new_intents = later.Count,
    accuracy = Math.Round(Accuracy(result[Meta], 2), 4),
    scratch_accuracy = Math.Round(result.Curves.Where(curve => curve.Strategy != Meta).Max(curve => Accuracy(curve, 2)), 4),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

static double Accuracy(FewShotCurve curve, int size) => curve.Points[size].Evaluation[TaskMetric.MicroAccuracy].Macro.Mean;
