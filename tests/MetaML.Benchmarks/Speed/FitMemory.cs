using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Memory of the whole process when Fit reads rows that are made as they are read.</summary>
/// <remarks>
/// The ratio is to the limit: one and a half times the raw features (of sparse rows, an index and a value for each), and 300 MB
/// for the runtime and libtorch. Of training, the most over the least that was held between a tenth and the end of its
/// iterations. The peak is the process's: each setting needs a process of its own.
/// </remarks>
internal static class FitMemory
{
    private const double Megabyte = 1e6;

    /// <summary>Rows of 50 features in 10,000 tasks, and a perceptron.</summary>
    public static void RunDense(int rows)
    {
        const int Features = 50;
        var values = new float[Features];
        Measure("fit-memory", rows, 10_000, Features, Features * sizeof(float), new MlpEncoderOptions(), iterations: 4_000, random =>
        {
            for (int j = 0; j < Features; j++)
                values[j] = 2 * random.NextSingle() - 1;
            return new VBuffer<float>(Features, values);
        });
    }

    /// <summary>200,000 rows in 1,000 tasks, each with 60 of 37,000 features, and the default for such rows.</summary>
    public static void RunSparse()
    {
        const int Rows = 200_000, Features = 37_000, Present = 60;
        var chosen = new SortedSet<int>();
        var ones = new float[Present];
        Array.Fill(ones, 1);
        Measure("fit-memory-sparse", Rows, 1_000, Features, Present * (sizeof(int) + sizeof(float)), null, iterations: 500, random =>
        {
            chosen.Clear();
            while (chosen.Count < Present)
                chosen.Add((int)(Features * Math.Pow(random.NextDouble(), 3))); // some words are frequent, most are rare
            return new VBuffer<float>(Features, Present, ones, [.. chosen]);
        });
    }

    private static void Measure(string name, int rows, int tasks, int features, int bytesPerRow, EncoderOptions? encoder, int iterations, Func<Random, VBuffer<float>> make)
    {
        var ml = new MLContext(seed: 1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        IDataView data = ml.Data.LoadFromEnumerable(Made(rows, tasks, make), schema);
        var held = new Held(iterations / 10);
        var clock = Stopwatch.StartNew();
        ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            Encoder = encoder,
            MaximumNumberOfIterations = iterations,
            EarlyStopping = null,
            Progress = held,
        }).Fit(data);
        using var process = Process.GetCurrentProcess();
        double peak = process.PeakWorkingSet64 / Megabyte, raw = rows * (double)bytesPerRow / Megabyte, limit = 1.5 * raw + 300;
        Console.WriteLine($"{Machine.Description}\nraw features {raw:F0} MB, peak {peak:F0} MB of {limit:F0} MB; while training {held.Least:F0} to {held.Most:F0} MB; {clock.Elapsed.TotalSeconds:F0} s");
        Result.Print(new
        {
            speed = name,
            setting = $"{rows} rows",
            value = Math.Round(peak),
            unit = "MB",
            ratios = new Dictionary<string, double> { ["1.5 × raw + 300 MB"] = Math.Round(peak / limit, 3), ["least while training"] = Math.Round(held.Most / held.Least, 3) },
        });
    }

    // A row is of the first class where its values at a third of the features, another third for each task, are more than elsewhere.
    private static IEnumerable<Row> Made(int rows, int tasks, Func<Random, VBuffer<float>> make)
    {
        var random = new Random(1);
        var row = new Row();
        for (int i = 0; i < rows; i++)
        {
            int task = i % tasks;
            row.Features = make(random);
            row.Task = $"task {task}";
            float sum = 0;
            foreach (var (feature, value) in row.Features.Items())
                sum += (feature + task) % 3 == 0 ? 2 * value : -value;
            row.Label = sum > 0;
            yield return row;
        }
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public VBuffer<float> Features { get; set; }

        public bool Label { get; set; }
    }

    // What the process holds from a tenth of training on.
    private sealed class Held(int first) : IProgress<TrainingProgress>
    {
        public double Least { get; private set; } = double.PositiveInfinity;

        public double Most { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (value.Iteration < first || value.Iteration % 10 != 0)
                return;
            using var process = Process.GetCurrentProcess();
            double now = process.WorkingSet64 / Megabyte;
            (Least, Most) = (Math.Min(Least, now), Math.Max(Most, now));
        }
    }
}
