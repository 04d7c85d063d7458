using System.Diagnostics;
using MetaML.Encoders;
using MetaML.Extensions;
using MetaML.Training;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Memory of the whole process when Fit reads 2,000,000 rows of 50 features in 10,000 tasks, made as they are read.</summary>
/// <remarks>
/// The ratio is to the limit: one and a half times the raw features, and 300 MB for the
/// runtime and libtorch. Of training, the most over the least that was held between a tenth and the end of its iterations.
/// </remarks>
internal static class FitMemory
{
    private const int Rows = 2_000_000, Tasks = 10_000, Features = 50, Iterations = 500;
    private const double Megabyte = 1e6;

    public static void Run()
    {
        var ml = new MLContext(seed: 1);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Features);
        IDataView data = ml.Data.LoadFromEnumerable(Made(), schema);
        var held = new Held();
        ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
        {
            Encoder = new MlpEncoderOptions(),
            MaximumNumberOfIterations = Iterations,
            EarlyStopping = null,
            Progress = held,
        }).Fit(data);
        using var process = Process.GetCurrentProcess();
        double peak = process.PeakWorkingSet64 / Megabyte, raw = Rows * (double)Features * sizeof(float) / Megabyte, limit = 1.5 * raw + 300;
        Console.WriteLine($"{Machine.Description}\nraw features {raw:F0} MB, peak {peak:F0} MB of {limit:F0} MB; while training {held.Least:F0} to {held.Most:F0} MB");
        Result.Print(new
        {
            speed = "fit-memory",
            setting = $"{Rows} rows",
            value = Math.Round(peak),
            unit = "MB",
            ratios = new Dictionary<string, double> { ["1.5 × raw + 300 MB"] = Math.Round(peak / limit, 3), ["least while training"] = Math.Round(held.Most / held.Least, 3) },
        });
    }

    private static IEnumerable<Row> Made()
    {
        var random = new Random(1);
        var row = new Row { Features = new float[Features] };
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Features; j++)
                row.Features[j] = 2 * random.NextSingle() - 1;
            row.Task = $"task {i % Tasks}";
            row.Label = row.Features[i % Tasks % Features] > 0;
            yield return row;
        }
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public float[] Features { get; set; } = [];

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
