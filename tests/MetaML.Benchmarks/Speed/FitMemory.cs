using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures the memory of the process during Fit. The rows are generated while Fit reads them, so that they take no memory themselves.</summary>
/// <remarks>
/// The first ratio is that of the peak to a limit: 1.5 times the raw features (for sparse rows an index and a value of each), plus
/// 300 MB for the runtime and libtorch. The second ratio is that of the largest to the smallest memory during training, after the
/// first tenth of the iterations. The peak is that of the whole process, so that each setting needs its own process.
/// </remarks>
internal static class FitMemory
{
    private const double Megabyte = 1e6;

    /// <summary>Rows of 50 features in 10,000 tasks, with a multi-layer perceptron.</summary>
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

    /// <summary>200,000 rows in 1,000 tasks with the default encoder. Each row has 60 of 37,000 features.</summary>
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
                chosen.Add((int)(Features * Math.Pow(random.NextDouble(), 3))); // as in texts, a few features are frequent and most are rare
            return new VBuffer<float>(Features, Present, ones, [.. chosen]);
        });
    }

    private static void Measure(string name, int rows, int tasks, int features, int bytesPerRow, EncoderOptions? encoder, int iterations, Func<Random, VBuffer<float>> make)
    {
        var ml = new MLContext(seed: 1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        IDataView data = ml.Data.LoadFromEnumerable(Generate(rows, tasks, make), schema);
        var memory = new MemoryRange(iterations / 10);
        var clock = Stopwatch.StartNew();
        ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            Encoder = encoder,
            MaximumNumberOfIterations = iterations,
            EarlyStopping = null,
            Progress = memory,
        }).Fit(data);
        using var process = Process.GetCurrentProcess();
        double peak = process.PeakWorkingSet64 / Megabyte, raw = rows * (double)bytesPerRow / Megabyte, limit = 1.5 * raw + 300;
        Console.WriteLine($"{Machine.Description}\nraw features {raw:F0} MB, peak {peak:F0} MB of {limit:F0} MB; during training {memory.Minimum:F0} to {memory.Maximum:F0} MB; {clock.Elapsed.TotalSeconds:F0} s");
        Result.Print(new
        {
            speed = name,
            setting = $"{rows} rows",
            value = Math.Round(peak),
            unit = "MB",
            ratios = new Dictionary<string, double> { ["1.5 × raw + 300 MB"] = Math.Round(peak / limit, 3), ["least while training"] = Math.Round(memory.Maximum / memory.Minimum, 3) },
        });
    }

    // The label is a linear rule: a third of the features has weight 2, the others have weight −1. Which third depends on the task.
    private static IEnumerable<Row> Generate(int rows, int tasks, Func<Random, VBuffer<float>> make)
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

    // The smallest and the largest memory of the process from a given iteration on.
    private sealed class MemoryRange(int first) : IProgress<TrainingProgress>
    {
        public double Minimum { get; private set; } = double.PositiveInfinity;

        public double Maximum { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (value.Iteration < first || value.Iteration % 10 != 0)
                return;
            using var process = Process.GetCurrentProcess();
            double now = process.WorkingSet64 / Megabyte;
            (Minimum, Maximum) = (Math.Min(Minimum, now), Math.Max(Maximum, now));
        }
    }
}
