using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using TextPretrained;

namespace MetaML.Benchmarks.Quality;

/// <summary>Learning from rows without labels: tasks are constructed from half of the rows of each class, and episodes of the other half judge.</summary>
/// <remarks>The episodes have up to five classes with one or two labelled rows each: 5 or 10 labelled rows. All methods have the same episodes, and the differences from the best method from scratch are paired.</remarks>
internal static class Unlabelled
{
    private const int MostWays = 5, Queries = 15, Episodes = 100, MostUnlabelled = 3000;

    /// <summary>Runs the benchmark.</summary>
    /// <param name="folder">The root folder of the data.</param>
    /// <param name="tables">A folder with further tables as CSV files, as tools/PriorFitting/RealTables/convert.R writes them; null for none.</param>
    public static void Run(string folder, string? tables)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var table = new Table("unlabelled", "accuracy above the best from scratch", isHigherBetter: true);
        foreach (var (name, rows) in Sets(ml, folder, tables))
        {
            TableRow[][] classes = [.. rows.GroupBy(row => row.Class).Select(group => group.ToArray()).Where(group => group.Length >= 2 * (2 + Queries))];
            var random = new Random(1);
            foreach (TableRow[] group in classes)
                random.Shuffle(group);
            SchemaDefinition schema = SchemaDefinition.Create(typeof(TableRow));
            schema[nameof(TableRow.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Features.Length);
            TableRow[] pool = [.. classes.SelectMany(group => group[..(group.Length / 2)])];
            random.Shuffle(pool);
            IDataView unlabelled = ml.Data.LoadFromEnumerable(pool.Take(MostUnlabelled), schema);
            TableRow[][] judging = Array.ConvertAll(classes, group => group[(group.Length / 2)..]);
            int ways = Math.Min(MostWays, classes.Length);
            foreach (int shots in new[] { 1, 2 })
            {
                FewShot<TableRow>[] episodes = FewShot<TableRow>.Draw(
                    [judging], (row, task, label) => new TableRow { Task = task, Class = label, Features = row.Features }, ways, shots, Queries, Episodes, random);
                (string Method, double[] Accuracies)[] adapted = [.. Learned(ml, unlabelled, ways, shots).Select(method => (method.Name, FewShot<TableRow>.Adapt(ml, method.Model, episodes, schema)))];
                (string Method, double[] Accuracies)[] scratch = [.. FromScratch(ml, unlabelled).Select(method => (method.Name, FewShot<TableRow>.FromScratch(ml, method.Fit, episodes, schema))), adapted[0]];
                double[] best = scratch.MaxBy(method => method.Accuracies.Average()).Accuracies;
                foreach (var (method, accuracies) in adapted.Skip(1).Concat(scratch))
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}, {ways * shots} labelled rows, {method}: {accuracies.Average():F4}"));
                    table.Add(method, $"{name}, {ways}-way {shots}-shot", accuracies.Zip(best, (accuracy, reference) => accuracy - reference));
                }
            }
        }

        table.Print(clock.Elapsed.TotalSeconds);
    }

    // All methods scale features by the statistics of the rows without labels.
    private static IEnumerable<(string Name, Func<IDataView, ITransformer> Fit)> FromScratch(MLContext ml, IDataView unlabelled)
    {
        ITransformer scaling = ml.Transforms.NormalizeMeanVariance("Features", fixZero: false).Fit(unlabelled);
        MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers = ml.MulticlassClassification.Trainers;
        foreach (var (name, trainer) in new (string, IEstimator<ITransformer>)[]
        {
            ("from scratch, L-BFGS", trainers.LbfgsMaximumEntropy(l1Regularization: 0, l2Regularization: 0.1f)),
            ("from scratch, SDCA", trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 100)),
            ("from scratch, LightGBM", trainers.LightGbm(minimumExampleCountPerLeaf: 1)),
        })
        {
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", nameof(TableRow.Class)).Append(trainer);
            yield return (name, support => scaling.Append(pipeline.Fit(scaling.Transform(support))));
        }
    }

    // The first one learns nothing of the tasks: it only scales the features.
    private static IEnumerable<(string Name, ITransformer Model)> Learned(MLContext ml, IDataView unlabelled, int ways, int shots)
    {
        var options = new MetaLearnerOptions { Episodes = new EpisodeOptions { Ways = ways, Shots = shots } };
        ITransformer Fit(IDataView tasks, MetaLearnerOptions learner) =>
            ml.Transforms.Conversion.MapValueToKey("Label", nameof(TableRow.Class)).Append(ml.MulticlassClassification.Trainers.MetaLearner(learner)).Fit(tasks);
        IDataView Tasks(TaskConstructionOptions construction)
        {
            IDataView constructed = ml.MetaLearning().ConstructTasks(unlabelled, construction);
            return ml.Data.Cache(ml.Transforms.CopyColumns(nameof(TableRow.Class), "Label").Fit(constructed).Transform(constructed));
        }

        yield return ("from scratch, nearest mean", Fit(Tasks(new ClusterTaskOptions { NumberOfTasks = 2 }), options with { Encoder = new IdentityEncoderOptions(), Adapter = new PrototypeAdapterOptions(), MaximumNumberOfIterations = 0 }));
        foreach (var (name, construction) in new (string, TaskConstructionOptions)[] { ("clusters (CACTUs)", new ClusterTaskOptions()), ("columns (STUNT)", new ColumnTaskOptions()) })
        {
            IDataView tasks = Tasks(construction);
            foreach (var (learner, encoder, adapter) in new (string, EncoderOptions?, AdapterOptions?)[]
            {
                ("nothing set", null, null),
                ("MLP + prototypes", new MlpEncoderOptions(), new PrototypeAdapterOptions()),
                ("projection + prototypes", new ProjectionEncoderOptions(), new PrototypeAdapterOptions()),
            })
                yield return ($"{name}, {learner}", Fit(tasks, options with { Encoder = encoder, Adapter = adapter }));
        }
    }

    private static IEnumerable<(string Name, TableRow[] Rows)> Sets(MLContext ml, string folder, string? tables)
    {
        yield return ("digits", [.. File.ReadLines(Path.Combine(folder, "digits", "digits.csv")).Skip(1).Select(line => line.Split(',')).Select(cells => Row(cells[^1], cells[..^1]))]);
        using var generator = new MiniLmGenerator();
        var cache = new TextEmbeddingOptions { CacheFolder = Path.Combine(Path.GetTempPath(), "metaml-minilm"), MaximumConcurrentCalls = 1 };
        TextRow[] texts = [.. Clinc150.Intents(ml, Path.Combine(folder, "clinc150"), new Random(1)).SelectMany(intent => intent)];
        IDataView view = ml.Data.LoadFromEnumerable(texts);
        IDataView embedded = ml.MetaLearning().TextEmbedding(generator, "Features", nameof(TextRow.Text), cache).Fit(view).Transform(view);
        yield return ("clinc150", [.. texts.Zip(embedded.GetColumn<float[]>("Features"), (row, features) => new TableRow { Class = row.Class, Features = features })]);
        foreach (string file in (tables is null ? [] : Directory.GetFiles(tables, "*.csv")).Order(StringComparer.Ordinal))
            yield return (Path.GetFileNameWithoutExtension(file), [.. File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Where(cells => !cells.Contains("NA")).Select(cells => Row(cells[0], cells[1..]))]);
    }

    private static TableRow Row(string label, string[] features) => new() { Class = label, Features = Array.ConvertAll(features, value => float.Parse(value, CultureInfo.InvariantCulture)) };
}
