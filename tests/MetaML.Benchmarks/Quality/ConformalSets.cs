using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using TextPretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Quality;

/// <summary>Sets of intents that hold the true one with 95 %, in 10-way 5-shot episodes of short texts: calibrated across tasks, and exactly in each task alone.</summary>
/// <remarks>
/// The model is trained on 60 intents, calibrated on tasks of 40 others, and tested on the remaining 50. Alone, a task has full conformal prediction: for each query and each class, the query is
/// added to the support with this class, each row is scored by ridge regression on the other rows (on the same embeddings), and the class is in the set unless the margin of the query is among the
/// smallest 5 %. Of several penalties, the one with the smallest sets is taken.
/// </remarks>
internal static class ConformalSets
{
    private const double Coverage = 0.95;
    private const int TrainingIntents = 60, CalibrationIntents = 40, CalibrationTasks = 60, RowsOfClass = 25, Ways = 10, Shots = 5, Queries = 15, Episodes = 60;
    private static readonly double[] s_penalties = [0.01, 0.1, 1];

    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        TextRow[][] intents = Clinc150.Intents(ml, folder, random);
        TextRow[] training = [.. intents[..TrainingIntents].SelectMany(intent => intent)];
        FewShot<TextRow>[] Draw(TextRow[][] pool, string name, int shots, int queries, int episodes) => FewShot<TextRow>.Draw(
            [pool], (row, task, _) => new TextRow { Task = $"{name} {task}", Class = row.Class, Text = row.Text }, Ways, shots, queries, episodes, random);
        FewShot<TextRow>[] calibration = Draw(intents[TrainingIntents..(TrainingIntents + CalibrationIntents)], "calibration", RowsOfClass, 0, CalibrationTasks);
        FewShot<TextRow>[] test = Draw(intents[(TrainingIntents + CalibrationIntents)..], "test", Shots, Queries, Episodes);

        using var generator = new MiniLmGenerator();
        var cache = new TextEmbeddingOptions { CacheFolder = Path.Combine(Path.GetTempPath(), "metaml-minilm"), MaximumConcurrentCalls = 1 };
        IDataView names = ml.Data.LoadFromEnumerable(intents.Select(intent => new TextRow { Class = intent[0].Class }));
        var labels = ml.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class), keyData: ml.Transforms.SelectColumns(nameof(TextRow.Class)).Fit(names).Transform(names));
        var rows = new List<object>();
        foreach (var (name, features) in new (string, IEstimator<ITransformer>)[]
        {
            ("words", ml.Transforms.Text.FeaturizeText("Features", nameof(TextRow.Text))),
            ("sentence embeddings", ml.MetaLearning().TextEmbedding(generator, "Features", nameof(TextRow.Text), cache)),
        })
        {
            var options = new MetaLearnerOptions { TaskColumnName = nameof(TextRow.Task), Episodes = new EpisodeOptions { Ways = Ways, Shots = Shots } };
            ITransformer model = labels.Append(features).Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(ml.Data.LoadFromEnumerable(training));
            ITransformer calibrated = ml.MetaLearning().Calibrate(model, ml.Data.LoadFromEnumerable(calibration.SelectMany(task => task.Support)), Coverage);
            ITransformer adapted = ml.MetaLearning().Adapt(calibrated, ml.Data.LoadFromEnumerable(test.SelectMany(task => task.Support)));
            IDataView scored = adapted.Transform(ml.Data.LoadFromEnumerable(test.SelectMany(task => task.Query)));
            (bool IsHeld, int Size)[] across = [.. scored.GetColumn<uint>("Label").Zip(scored.GetColumn<bool[]>("PredictedSet"), (label, set) => (set[label - 1], set.Count(isHeld => isHeld)))];

            IDataView all = ml.Data.LoadFromEnumerable(test.SelectMany(task => task.Support.Concat(task.Query)));
            float[][] embeddings = [.. ml.MetaLearning().SharedEncoder(model).Fit(model.Transform(all)).Transform(model.Transform(all)).GetColumn<float[]>("Embedding")];
            (bool IsHeld, int Size)[][] alone = Array.ConvertAll(s_penalties, penalty => Enumerable.Range(0, test.Length)
                .SelectMany(task => Alone(embeddings.AsSpan(task * Ways * (Shots + Queries), Ways * (Shots + Queries)), test[task], penalty)).ToArray());
            (bool IsHeld, int Size)[] best = alone.MinBy(sets => sets.Average(set => set.Size))!;
            double[] coverages = [.. across.Chunk(Ways * Queries).Select(task => task.Average(set => set.IsHeld ? 1.0 : 0)).Order()];
            var result = new
            {
                features = name,
                coverage = Math.Round(coverages.Average(), 4),
                coverage_ci = Math.Round(MeanInterval.Of(coverages).HalfWidth, 4),
                worst_decile_of_tasks = Math.Round(coverages[..(coverages.Length / 10)].Average(), 4),
                size = Math.Round(across.Average(set => set.Size), 3),
                coverage_alone = Math.Round(best.Average(set => set.IsHeld ? 1.0 : 0), 4),
                size_alone = Math.Round(best.Average(set => set.Size), 3),
                ratio = Math.Round(across.Average(set => set.Size) / best.Average(set => set.Size), 3),
            };
            Console.WriteLine(result);
            rows.Add(result);
        }

        Result.Print(new { quality = "conformal-sets", rows, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }

    // Full conformal prediction in one task. The rows are the support and then the queries.
    private static (bool IsHeld, int Size)[] Alone(Span<float[]> rows, FewShot<TextRow> task, double penalty)
    {
        using DisposeScope scope = NewDisposeScope();
        string[] classes = [.. task.Support.Select(row => row.Class).Distinct()];
        int[] labels = [.. task.Support.Select(row => Array.IndexOf(classes, row.Class))];
        float[] values = [.. rows.ToArray().SelectMany(row => row)];
        Tensor embeddings = tensor(values, [rows.Length, rows[0].Length]).to(float64), products = embeddings.mm(embeddings.t());
        var sets = new (bool, int)[task.Query.Length];
        for (int q = 0; q < sets.Length; q++)
        {
            double[] smoother = Smoother(products, [.. Enumerable.Range(0, labels.Length), labels.Length + q], penalty);
            bool[] set = [.. Enumerable.Range(0, classes.Length).Select(candidate => PValue(smoother, [.. labels, candidate], classes.Length) > 1 - Coverage)];
            sets[q] = (set[Array.IndexOf(classes, task.Query[q].Class)], set.Count(isHeld => isHeld));
        }

        return sets;
    }

    // K (K + λI)⁻¹, where K holds the inner products of some rows, after their mean is subtracted.
    private static double[] Smoother(Tensor products, long[] members, double penalty)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor some = tensor(members), identity = eye(members.Length, dtype: float64), centring = identity - 1.0 / members.Length;
        Tensor centred = centring.mm(products.index_select(0, some).index_select(1, some)).mm(centring), ridge = penalty * centred.diagonal().mean();
        return [.. (identity - ridge * linalg.inv(centred + ridge * identity)).contiguous().data<double>()];
    }

    // The share of rows whose margin, by regression on the others, is at most that of the last one.
    private static double PValue(double[] smoother, int[] labels, int classes)
    {
        int count = labels.Length;
        double[] margins = [.. Enumerable.Range(0, count).Select(i =>
        {
            var (sums, members) = (new double[classes], new int[classes]);
            for (int j = 0; j < count; j++)
            {
                if (j == i)
                    continue;
                sums[labels[j]] += smoother[i * count + j]; // up to the factor 1 / (1 − hᵢᵢ), this is the score without row i
                members[labels[j]]++;
            }

            // Means, because the class of the added row has one row more than the others.
            double[] scores = [.. sums.Zip(members, (sum, number) => sum / number)];
            double own = scores[labels[i]];
            scores[labels[i]] = double.NegativeInfinity;
            return (own - scores.Max()) / (1 - smoother[i * (count + 1)]);
        })];
        return margins.Count(margin => margin <= margins[^1]) / (double)count;
    }
}
