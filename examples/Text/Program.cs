// The program classifies messages by the customer's intent. It trains on sixteen intents, and then learns eight new intents from up to five messages each.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Text;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);

// The messages come from a file with a header and the columns Text, Intent and optionally Task, or they are generated. A third of the intents is not used for training.
IEnumerable<Message> read = args is [var path]
    ? ml.Data.CreateEnumerable<Message>(ml.Data.LoadFromTextFile<Message>(path, ',', hasHeader: true, allowQuoting: true), reuseRowObject: false)
    : Messages.Generate(count: 40);
Message[] messages = [.. read.Select(message => message.Task.Length > 0 ? message : message with { Task = "all" })];
string[] intents = [.. messages.Select(message => message.Intent).Distinct()];
new Random(1).Shuffle(intents);
HashSet<string> newIntents = [.. intents[^(intents.Length / 3)..]];
IDataView training = ml.Data.LoadFromEnumerable(messages.Where(message => !newIntents.Contains(message.Intent)));
IDataView unseen = ml.Data.LoadFromEnumerable(messages.Where(message => newIntents.Contains(message.Intent)).Select(message => message with { Task = $"{message.Task} (new intents)" }));

// Each training task consists of five intents. The default encoder and adapter for texts have few parameters, so that few steps are enough.
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

// Learn the new intents from one, two and five messages each, for ten draws, and evaluate on the other messages. Strategies from scratch know only the words of the few messages.
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
Console.WriteLine($"accuracy on {newIntents.Count} new intents, by the number of messages of each intent:");
Console.WriteLine($"{"",-26}{string.Concat(sizes.Select(size => $"{size,8}"))}");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-26}{string.Concat(sizes.Select((_, i) => $"{Accuracy(curve, i),8:F3}"))}");

// An application learns the new intents once, and then predicts.
SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(unseen, 5, isPerClass: true, labelColumnName: "Intent");
ITransformer adapted = ml.MetaLearning().Adapt(model, split.Support);
var asText = ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel").Fit(adapted.Transform(split.Query));
foreach (Answer answer in ml.Data.CreateEnumerable<Answer>(asText.Transform(adapted.Transform(split.Query)), reuseRowObject: false).Take(3))
    Console.WriteLine($"\"{answer.Text}\" → {answer.Predicted}");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Text",
    new_intents = newIntents.Count,
    accuracy = Math.Round(Accuracy(result[Meta], 2), 4),
    scratch_accuracy = Math.Round(result.Curves.Where(curve => curve.Strategy != Meta).Max(curve => Accuracy(curve, 2)), 4),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

static double Accuracy(FewShotCurve curve, int size) => curve.Points[size].Evaluation[TaskMetric.MicroAccuracy].Macro.Mean;
