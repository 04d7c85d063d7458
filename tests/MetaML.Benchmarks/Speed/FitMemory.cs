using System.Diagnostics;
using MetaML.Encoders;
using MetaML.Extensions;
using MetaML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Memory of the whole process when Fit reads 2,000,000 rows of 50 features in 10,000 tasks, or 100,000 rows of 60 values each in 37,000 sparse columns, all made as they are read.</summary>
/// <remarks>
/// The ratio is to the limit: one and a half times the raw features (of sparse ones, index and value), and 300 MB for the
/// runtime and libtorch. Of training, the most over the least that was held between a tenth and the end of its iterations.
/// </remarks>
internal static class FitMemory
{
    private const int Iterations = 500;
    private const double Megabyte = 1e6;

    // The peak is that of the process, so the smaller one goes first.
    public static void Run()
    {
        Console.WriteLine(Machine.Description);
        Measure("sparse", rows: 100_000, tasks: 1000, features: 37_000, values: 60, bytesOfValue: sizeof(int) + sizeof(float));
        Measure("dense", rows: 2_000_000, tasks: 10_000, features: 50, values: 50, bytesOfValue: sizeof(float));
    }

    private static void Measure(string setting, int rows, int tasks, int features, int values, int bytesOfValue)
    {
        var ml = new MLContext(seed: 1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        IDataView data = ml.Data.LoadFromEnumerable(Made(rows, tasks, features, values), schema);
        var held = new Held();
        ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            Encoder = new MlpEncoderOptions(),
            MaximumNumberOfIterations = Iterations,
            EarlyStopping = null,
            Progress = held,
        }).Fit(data);
        using var process = Process.GetCurrentProcess();
        double peak = process.PeakWorkingSet64 / Megabyte, raw = rows * (double)values * bytesOfValue / Megabyte, limit = 1.5 * raw + 300;
        Console.WriteLine($"{setting}: raw features {raw:F0} MB, peak {peak:F0} MB of {limit:F0} MB; while training {held.Least:F0} to {held.Most:F0} MB");
        Result.Print(new
        {
            speed = "fit-memory",
            setting,
            value = Math.Round(peak),
            unit = "MB",
            ratios = new Dictionary<string, double> { ["1.5 × raw + 300 MB"] = Math.Round(peak / limit, 3), ["least while training"] = Math.Round(held.Most / held.Least, 3) },
        });
    }

    private static IEnumerable<Row> Made(int rows, int tasks, int features, int values)
    {
        var random = new Random(1);
        var row = new Row();
        float[] numbers = new float[values];
        int[] indices = new int[values];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < values; j++)
            {
                numbers[j] = 2 * random.NextSingle() - 1;
                indices[j] = features / values * j + random.Next(features / values); // ascending
            }

            row.Task = $"task {i % tasks}";
            row.Label = numbers[i % tasks % values] > 0;
            row.Features = values == features ? new VBuffer<float>(features, numbers) : new VBuffer<float>(features, values, numbers, indices);
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
    private sealed class Held : IProgress<TrainingProgress>
    {
        public double Least { get; private set; } = double.PositiveInfinity;

        public double Most { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (value.Iteration < Iterations / 10 || value.Iteration % 10 != 0)
                return;
            using var process = Process.GetCurrentProcess();
            double now = process.WorkingSet64 / Megabyte;
            (Least, Most) = (Math.Min(Least, now), Math.Max(Most, now));
        }
    }
}
