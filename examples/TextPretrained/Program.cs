// The program classifies messages by the customer's intent. A pretrained sentence encoder makes the features. Sixteen intents are training intents. Eight new ones are learned from up to five messages each.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Text;
using TextPretrained;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
using var generator = new MiniLmGenerator();
EmbeddingGenerators.Register("MiniLM", generator); // so that models can be saved and loaded

// A third of the intents is not used for training.
Message[] messages = [.. Messages.Generate(count: 40).Select(message => message with { Task = "all" })];
string[] intents = [.. messages.Select(message => message.Intent).Distinct()];
new Random(1).Shuffle(intents);
HashSet<string> newIntents = [.. intents[^(intents.Length / 3)..]];
IDataView training = ml.Data.LoadFromEnumerable(messages.Where(message => !newIntents.Contains(message.Intent)));
IDataView unseen = ml.Data.LoadFromEnumerable(messages.Where(message => newIntents.Contains(message.Intent)).Select(message => message with { Task = "new intents" }));

// The step is shared, so that each message is embedded once. The encoder is pretrained, so that only the adapter learns.
TextEmbeddingEstimator embedding = ml.MetaLearning().TextEmbedding(generator, "Features", "Text");
IEstimator<ITransformer> Features() => embedding.Append(ml.Transforms.Conversion.MapValueToKey("Label", "Intent"));
var trainers = ml.MulticlassClassification.Trainers;
ITransformer model = Features().Append(trainers.MetaLearner(new MetaLearnerOptions
{
    Episodes = new EpisodeOptions { Ways = 5, Shots = 5 },
    ValidationFraction = 0.3,
})).Fit(training);

const string Meta = "learned across intents", Lbfgs = "from scratch, L-BFGS";
int[] sizes = [1, 2, 5];
FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    unseen,
    [
        LearningStrategy.MetaLearned(Meta, model),
        LearningStrategy.FromScratch(Lbfgs, Features().Append(trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.01f))),
    ],
    labelColumnName: "Intent",
    options: new FewShotOptions { SupportSizes = sizes, IsPerClass = true, Draws = 10 });
Console.WriteLine($"accuracy on {newIntents.Count} new intents, by the number of messages of each intent:");
Console.WriteLine($"{"",-26}{string.Concat(sizes.Select(size => $"{size,8}"))}");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-26}{string.Concat(sizes.Select((_, i) => $"{Accuracy(curve, i),8:F3}"))}");

// An application learns the new intents once, saves the model, and predicts after loading it.
SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(unseen, 5, isPerClass: true, labelColumnName: "Intent");
ITransformer adapted = ml.MetaLearning().Adapt(model, split.Support);
using var file = new MemoryStream();
ml.Model.Save(adapted, unseen.Schema, file);
IDataView scored = ml.Model.Load(file, out _).Transform(split.Query);
IDataView answers = ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel").Fit(scored).Transform(scored);
foreach (Answer answer in ml.Data.CreateEnumerable<Answer>(answers, reuseRowObject: false).Take(3))
    Console.WriteLine($"\"{answer.Text}\" → {answer.Predicted}");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "TextPretrained",
    new_intents = newIntents.Count,
    accuracy = Math.Round(Accuracy(result[Meta], 2), 4),
    scratch_accuracy = Math.Round(Accuracy(result[Lbfgs], 2), 4),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

static double Accuracy(FewShotCurve curve, int size) => curve.Points[size].Evaluation[TaskMetric.MicroAccuracy].Macro.Mean;
