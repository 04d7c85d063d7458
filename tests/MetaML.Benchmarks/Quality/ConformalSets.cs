using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>Sets of intents that hold the intent of a text in 95 % of cases: 10-way 5-shot tasks of intents that neither the training nor the calibration has seen.</summary>
/// <remarks>
/// The 150 intents are divided into 90 for training, 30 for calibration and 30 for the test. The comparison is exact conformal prediction in the task alone: the same model adapted to three texts of each intent,
/// and the largest nonconformity of the other twenty, which is the quantile of 95 % of so few.
/// </remarks>
internal static class ConformalSets
{
    private const double Coverage = 0.95;

    private const int Training = 90, Calibration = 30, Ways = 10, Shots = 5, OwnShots = 3, Queries = 15, CalibrationTasks = 100, TestTasks = 100;

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        TextRow[][] intents = Clinc150.Intents(ml, folder, random);
        IDataView View(IEnumerable<TextRow> rows) => ml.Data.LoadFromEnumerable(rows);
        var pipeline = ml.Transforms.Text.FeaturizeText("Features", nameof(TextRow.Text)).Append(ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)))
            .Append(ml.MulticlassClassification.Trainers.MetaLearner(new MetaLearnerOptions { TaskColumnName = nameof(TextRow.Task), Episodes = new EpisodeOptions { Ways = Ways, Shots = Shots } }));
        ITransformer model = pipeline.Fit(View(intents[..Training].SelectMany(intent => intent)));
        Console.Error.WriteLine(FormattableString.Invariant($"learned in {clock.Elapsed.TotalSeconds:F0} s"));

        TextRow[][] Tasks(string name, TextRow[][] from, int count) => [.. Enumerable.Range(0, count).Select(t => Draw($"{name} {t}", from, random))];
        ITransformer calibrated = ml.MetaLearning().Calibrate(model, View(Tasks("calibration", intents[Training..(Training + Calibration)], CalibrationTasks).SelectMany(task => task)), Coverage);
        Console.Error.WriteLine(FormattableString.Invariant($"calibrated after {clock.Elapsed.TotalSeconds:F0} s"));

        List<double> sizes = [], covered = [], ownSizes = [], ownCovered = [];
        foreach (TextRow[] task in Tasks("test", intents[(Training + Calibration)..], TestTasks))
        {
            TextRow[] support = task[..(Ways * Shots)], queries = task[(Ways * Shots)..];
            var (names, sets) = Read<bool>(ml.MetaLearning().Adapt(calibrated, View(support)).Transform(View(queries)), "PredictedSet");
            sizes.Add(sets.Average(set => set.Count(isIn => isIn)));
            covered.Add(queries.Zip(sets).Average(pair => pair.Second[Array.IndexOf(names, pair.First.Class)] ? 1.0 : 0));

            ITransformer own = ml.MetaLearning().Adapt(model, View(support[..(Ways * OwnShots)])); // the first rows are the first of each intent
            TextRow[] rest = support[(Ways * OwnShots)..];
            (names, float[][] scores) = Read<float>(own.Transform(View(rest)), "Score");
            float smallest = rest.Zip(scores).Min(pair => pair.Second[Array.IndexOf(names, pair.First.Class)]);
            HashSet<string> classes = [.. task.Select(row => row.Class)];
            (names, scores) = Read<float>(own.Transform(View(queries)), "Score");
            ownSizes.Add(scores.Average(row => names.Where((name, k) => classes.Contains(name) && row[k] >= smallest).Count()));
            ownCovered.Add(queries.Zip(scores).Average(pair => pair.Second[Array.IndexOf(names, pair.First.Class)] >= smallest ? 1.0 : 0));
        }

        double[] sorted = [.. covered.Order()];
        Result.Print(new
        {
            quality = "conformal-sets",
            data = "clinc150, 10-way 5-shot",
            coverage_wanted = Coverage,
            coverage = Math.Round(covered.Average(), 4),
            coverage_ci = Math.Round(MeanInterval.Of(covered).HalfWidth, 4),
            worst_decile_of_tasks = Math.Round(sorted[..(sorted.Length / 10)].Average(), 4),
            classes = Math.Round(sizes.Average(), 3),
            classes_ci = Math.Round(MeanInterval.Of(sizes).HalfWidth, 3),
            own_coverage = Math.Round(ownCovered.Average(), 4),
            own_classes = Math.Round(ownSizes.Average(), 3),
            own_classes_ci = Math.Round(MeanInterval.Of(ownSizes).HalfWidth, 3),
            ratio = Math.Round(sizes.Average() / ownSizes.Average(), 3),
            seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        });
    }

    // The first shot of each intent, then the second of each, and so on.
    private static TextRow[] Draw(string name, TextRow[][] intents, Random random)
    {
        TextRow[][] chosen = [.. intents];
        random.Shuffle(chosen);
        TextRow[][] texts = [.. chosen[..Ways].Select(intent => intent.ToArray())];
        Array.ForEach(texts, random.Shuffle);
        return [.. Enumerable.Range(0, Shots + Queries).SelectMany(shot => texts.Select(intent => new TextRow { Task = name, Class = intent[shot].Class, Text = intent[shot].Text }))];
    }

    private static (string[] Names, T[][] Rows) Read<T>(IDataView scored, string column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema[column].GetSlotNames(ref names);
        return ([.. names.DenseValues().Select(name => name.ToString())], [.. scored.GetColumn<VBuffer<T>>(column).Select(row => row.DenseValues().ToArray())]);
    }
}
