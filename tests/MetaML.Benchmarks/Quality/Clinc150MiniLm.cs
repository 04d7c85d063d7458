using System.Diagnostics;
using Microsoft.ML;
using TextPretrained;

namespace MetaML.Benchmarks.Quality;

/// <summary>Classification of short texts by intent, on embeddings of a pretrained sentence encoder: training on 100 intents, evaluation in 10-way episodes of 50 other intents.</summary>
internal static class Clinc150MiniLm
{
    private const int Ways = 10, Episodes = 200, Queries = 15;

    public static void Run(string folder, string methods)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        TextRow[][] intents = Clinc150.Intents(ml, folder, random);
        IDataView training = ml.Data.LoadFromEnumerable(intents[..Clinc150.TrainingIntents].SelectMany(intent => intent).ToArray());
        using var generator = new MiniLmGenerator();
        var options = new TextEmbeddingOptions { CacheFolder = Path.Combine(Path.GetTempPath(), "metaml-minilm"), MaximumConcurrentCalls = 1 };
        var features = ml.MetaLearning().TextEmbedding(generator, "Features", nameof(TextRow.Text), options).Append(ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)));

        var table = new Table("clinc150-minilm", "accuracy above logistic regression from scratch", isHigherBetter: true);
        foreach (int shots in new[] { 5, 1 })
        {
            FewShot<TextRow>[] episodes = FewShot<TextRow>.Draw([intents[Clinc150.TrainingIntents..]], (row, task, name) => new TextRow { Task = task, Class = name, Text = row.Text }, Ways, shots, Queries, Episodes, random);
            var episodeOptions = new EpisodeOptions { Ways = Ways, Shots = shots };
            double[] scratch = FewShot<TextRow>.FromScratch(ml, features.Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f)).Fit, episodes);
            void Add(string method, double[] accuracies)
            {
                table.Add(method, $"{Ways}-way {shots}-shot, difference", accuracies.Zip(scratch, (accuracy, reference) => accuracy - reference));
                table.Add(method, $"{Ways}-way {shots}-shot, accuracy", accuracies);
            }

            foreach (var (name, learner) in new (string, MetaLearnerOptions)[]
            {
                ("the defaults", new()),
                ("ridge", new() { Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
                ("logistic", new() { Encoder = new IdentityEncoderOptions(), Adapter = new LogisticAdapterOptions() }),
                ("prototypes", new() { Encoder = new IdentityEncoderOptions(), Adapter = new PrototypeAdapterOptions() }),
                ("projection + prototypes", new() { Encoder = new ProjectionEncoderOptions(), Adapter = new PrototypeAdapterOptions() }),
                ("projection + ridge", new() { Encoder = new ProjectionEncoderOptions(), Adapter = new RidgeAdapterOptions() }),
                ("frozen projection + prototypes", new() { Encoder = new ProjectionEncoderOptions { IsFrozen = true }, Adapter = new PrototypeAdapterOptions() }),
                ("linear map + prototypes", new() { Encoder = new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 256 }, Adapter = new PrototypeAdapterOptions() }),
                ("linear map + ridge", new() { Encoder = new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 256 }, Adapter = new RidgeAdapterOptions() }),
            })
            {
                if (!name.StartsWith(methods, StringComparison.Ordinal))
                    continue;
                var learning = Stopwatch.StartNew();
                ITransformer model = features.Append(ml.MulticlassClassification.Trainers.MetaLearner(learner with { TaskColumnName = nameof(TextRow.Task), Episodes = episodeOptions })).Fit(training);
                double[] accuracies = FewShot<TextRow>.Adapt(ml, model, episodes);
                Console.WriteLine(FormattableString.Invariant($"{name}, {shots}-shot: {accuracies.Average():F4}, from scratch {scratch.Average():F4}, in {learning.Elapsed.TotalSeconds:F0} s"));
                Add(name, accuracies);
            }

            Add("from scratch, L-BFGS", scratch);
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }
}
