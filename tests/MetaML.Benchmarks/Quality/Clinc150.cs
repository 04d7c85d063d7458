using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>Classification of short texts by intent: training on 100 intents, evaluation in 10-way 5-shot episodes of 50 other intents.</summary>
internal static class Clinc150
{
    public const int TrainingIntents = 100;

    private const int Episodes = 100, Queries = 15;

    // Tasks of a step for the networks, a quarter of the default. The first layer has tens of thousands of weights for each unit.
    private const int Tasks = 4;

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        TextRow[][] intents = Intents(ml, folder, random);
        TextRow[] training = [.. intents[..TrainingIntents].SelectMany(intent => intent)];
        IDataView view = ml.Data.LoadFromEnumerable(training);
        FewShot<TextRow>[] episodes = FewShot<TextRow>.Draw(
            [intents[TrainingIntents..]], (row, task, name) => new TextRow { Task = task, Class = name, Text = row.Text }, 10, 5, Queries, Episodes, random);

        var featurizer = ml.Transforms.Text.FeaturizeText("Features", nameof(TextRow.Text)).Append(ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)));
        var results = new List<(string Method, double[] Accuracies)>();
        // These settings were chosen by training on 75 of the training intents and validating on the other 25. The map is linear and
        // wide, and trained slowly, so that it stays useful for words that occur in no training intent.
        var wide = new MlpEncoderOptions { HiddenUnits = [], EmbeddingDimension = 512 };
        foreach (var (name, learner) in new (string, MetaLearnerOptions)[]
        {
            ("the defaults: sparse encoder + ridge", new() { Episodes = Drawn(new EpisodeOptions().TasksPerIteration) }),
            ("linear map to 512 + ridge", new() { Encoder = wide, LearningRate = 0.0002, MaximumNumberOfIterations = 400, Episodes = Drawn(Tasks) }),
            ("MLP + prototypes", new() { Encoder = new MlpEncoderOptions(), Adapter = new PrototypeAdapterOptions(), Episodes = Drawn(Tasks) }),
            ("MLP + ridge", new() { Encoder = new MlpEncoderOptions(), Episodes = Drawn(Tasks) }),
        })
        {
            MetaLearnerOptions options = learner with { TaskColumnName = nameof(TextRow.Task) };
            var learning = Stopwatch.StartNew();
            ITransformer model = featurizer.Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(view);
            Console.WriteLine(FormattableString.Invariant($"{name}: learned in {learning.Elapsed.TotalSeconds:F0} s"));
            results.Add((name, FewShot<TextRow>.Adapt(ml, model, episodes)));
        }

        // The same features, fitted on the texts of the training intents.
        ITransformer text = ml.Transforms.Text.FeaturizeText("Features", nameof(TextRow.Text)).Fit(view);
        var scratch = new List<(string Method, double[] Accuracies)>();
        MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers = ml.MulticlassClassification.Trainers;
        foreach (var (name, trainer) in new (string, IEstimator<ITransformer>)[]
        {
            ("from scratch, L-BFGS", trainers.LbfgsMaximumEntropy()),
            ("from scratch, SDCA", trainers.SdcaMaximumEntropy()),
            ("from scratch, averaged perceptron", trainers.OneVersusAll(ml.BinaryClassification.Trainers.AveragedPerceptron())),
            ("from scratch, linear SVM", trainers.OneVersusAll(ml.BinaryClassification.Trainers.LinearSvm())),
            ("from scratch, LightGBM", trainers.LightGbm(minimumExampleCountPerLeaf: 1)),
        })
        {
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)).Append(trainer);
            scratch.Add((name, FewShot<TextRow>.FromScratch(ml, support => text.Append(pipeline.Fit(text.Transform(support))), episodes)));
        }

        double[] best = scratch.MaxBy(row => row.Accuracies.Average()).Accuracies;
        var table = new Table("clinc150", "accuracy above the best from scratch", isHigherBetter: true);
        foreach (var (method, accuracies) in results.Concat(scratch))
        {
            table.Add(method, "10-way 5-shot, difference to the best from scratch", accuracies.Zip(best, (accuracy, reference) => accuracy - reference));
            table.Add(method, "10-way 5-shot, accuracy", accuracies);
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    /// <summary>The texts of each intent, in a random order of the intents.</summary>
    public static TextRow[][] Intents(MLContext ml, string folder, Random random)
    {
        TextLoader loader = ml.Data.CreateTextLoader(
            [new("Domain", DataKind.String, 1), new("Class", DataKind.String, 2), new("Text", DataKind.String, 3)],
            separatorChar: ',', hasHeader: true, allowQuoting: true);
        TextRow[][] intents = [.. ml.Data.CreateEnumerable<TextRow>(loader.Load(Path.Combine(folder, "clinc150.csv")), reuseRowObject: false, ignoreMissingColumns: true)
            .GroupBy(row => row.Class).OrderBy(intent => intent.Key, StringComparer.Ordinal).Select(intent => intent.ToArray())];
        random.Shuffle(intents);
        return intents;
    }

    private static EpisodeOptions Drawn(int tasks) => new() { Ways = 10, Shots = 5, TasksPerIteration = tasks };
}
