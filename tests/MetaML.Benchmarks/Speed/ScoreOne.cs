using System.Diagnostics;
using MetaML.TestKit;
using Microsoft.ML;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures the time and the allocated bytes of single predictions.</summary>
internal static class ScoreOne
{
    private const int Predictions = 50_000;

    public static void Run()
    {
        var ml = new MLContext(seed: 1);
        var models = new ScoredModels(ml);
        BinaryRow[] rows = BinaryRow.Some(ScoredModels.Tasks, 1000);
        ITransformer metaLearner = models.MetaLearner();
        using var torch = new TorchScorer();
        using var onnx = new OnnxScorer(ml, metaLearner, models.Training, threads: 1);
        using var onnxOfOne = new OnnxScorer(ml, ml.MetaLearning().SelectTask(metaLearner, rows[0].Task), models.Training, threads: 1);
        float[] score = new float[1];
        (string Name, Action<BinaryRow> Predict)[] methods =
        [
            ("meta-learner", Engine(ml, metaLearner)),
            ("Sdca", Engine(ml, models.Sdca())),
            ("LightGbm", Engine(ml, models.LightGbm())),
            ("ONNX Runtime, row by row", row => onnx.Run([row], score)),
            ("ONNX Runtime, one task, row by row", row => onnxOfOne.Run([row], score)),
            ("libtorch, row by row", row => torch.Score(row.Features, [0])),
        ];
        Contender[] Of(Func<double[], double> figure) => [.. methods.Select(method => new Contender(method.Name, () => figure(Microseconds(method.Predict, rows))))];

        var race = new Race("score-one", "µs", isHigherBetter: false);
        Contender[] medians = Of(sorted => sorted[sorted.Length / 2]), slow = Of(sorted => sorted[sorted.Length * 99 / 100]);
        race.Run("median", medians[0], medians[1..]);
        race.Run("99th percentile", slow[0], slow[1..]);
        race.Print();
        foreach (var (name, predict) in methods)
            Console.WriteLine($"{name}: {Bytes(predict, rows[0])} bytes allocated for a prediction");
    }

    private static Action<BinaryRow> Engine(MLContext ml, ITransformer model)
    {
        PredictionEngine<BinaryRow, Prediction> engine = ml.Model.CreatePredictionEngine<BinaryRow, Prediction>(model);
        var prediction = new Prediction();
        return row => engine.Predict(row, ref prediction);
    }

    // Returns the sorted times. Each contains the time of reading the clock, about 20 ns.
    private static double[] Microseconds(Action<BinaryRow> predict, BinaryRow[] rows)
    {
        var times = new double[Predictions];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            predict(rows[i % rows.Length]);
            times[i] = (Stopwatch.GetTimestamp() - start) * 1e6 / Stopwatch.Frequency; // a TimeSpan has a lower resolution
        }

        Array.Sort(times);
        return times;
    }

    private static long Bytes(Action<BinaryRow> predict, BinaryRow row)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            predict(row);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
    }

    private sealed class Prediction
    {
        public bool PredictedLabel { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }
}
