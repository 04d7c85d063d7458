using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>The alarm for tasks that change: generated linear tasks with rows that arrive one after the other.</summary>
/// <remarks>
/// Stable tasks measure the rate of false alarms. Tasks that change abruptly measure the error after twenty further rows, as a multiple of that of the learner that knows the
/// moment and is adapted to these twenty rows alone. Both learn the same prior from a hundred tasks of the same world.
/// </remarks>
internal static class Drift
{
    private const int TrainingTasks = 100, TrainingRows = 40, StableTasks = 300, StableRows = 1000, ChangedTasks = 300, RowsBefore = 100, RowsAfter = 20, TestRows = 200;

    private static readonly (string Name, Func<Random, double, double> Noise, bool IsBinary)[] s_worlds =
    [
        ("normal noise", (random, _) => NormalDraw.Next(random), false),
        ("noise of each task (× e^±0.2)", (random, scale) => scale * NormalDraw.Next(random), false),
        ("Student's t, 3 degrees", (random, _) => NormalDraw.Next(random) / Math.Sqrt((Square(random) + Square(random) + Square(random)) / 3) / Math.Sqrt(3), false),
        ("two classes", (random, _) => NormalDraw.Next(random), true),
    ];

    public static void Run()
    {
        var results = new List<object>();
        foreach (var (name, noise, isBinary) in s_worlds)
        {
            var clock = Stopwatch.StartNew();
            var ml = new MLContext(seed: 1);
            IDataView View(IEnumerable<Row> rows) => ml.Data.LoadFromEnumerable(rows);
            Row[] Tasks(string prefix, int count, int rows, int seed) => [.. Enumerable.Range(0, count).SelectMany(t => Row.Of($"{prefix}{t}", rows, (seed * 200_000) + t, (seed * 200_000) + t, noise))];
            var options = new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true, LabelColumnName = isBinary ? nameof(Row.Answer) : nameof(Row.Label) };
            ITransformer model = isBinary ? ml.BinaryClassification.Trainers.MetaLearner(options).Fit(View(Tasks("known", TrainingTasks, TrainingRows, 1))) : ml.Regression.Trainers.MetaLearner(options).Fit(View(Tasks("known", TrainingTasks, TrainingRows, 1)));

            var falseAlarms = new Alarms();
            ml.MetaLearning().Update(model, View(Tasks("stable", StableTasks, StableRows, 2)), new UpdateOptions { Drift = DriftResponse.Report, Alarms = falseAlarms });

            int Before(int t) => 30_000_000 + t;
            int After(int t) => 40_000_000 + t;
            Row[] Changed(Func<int, int> task, int rows, int seed) => [.. Enumerable.Range(0, ChangedTasks).SelectMany(t => Row.Of($"changed{t}", rows, task(t), seed + task(t), noise))];
            Row[] before = Changed(Before, RowsBefore, 5), after = Changed(After, RowsAfter, 6), test = Changed(After, TestRows, 7);
            ITransformer known = ml.MetaLearning().Update(model, View(before), new UpdateOptions { Drift = DriftResponse.Report });
            double Error(ITransformer adapted) => isBinary
                ? 1 - ml.BinaryClassification.Evaluate(adapted.Transform(View(test)), nameof(Row.Answer)).Accuracy
                : ml.Regression.Evaluate(adapted.Transform(View(test))).RootMeanSquaredError;
            double oracle = Error(ml.MetaLearning().Adapt(model, View(after)));
            var trueAlarms = new Alarms();
            double Response(DriftResponse response) => Math.Round(Error(ml.MetaLearning().Update(known, View(after), new UpdateOptions { Drift = response, Alarms = trueAlarms })) / oracle, 3);
            double none = Response(DriftResponse.None), restart = Response(DriftResponse.RestartFromPrior);
            DriftAlarm[] found = [.. trueAlarms.Values.DistinctBy(alarm => alarm.TaskName)];
            double delay = found.Length > 0 ? found.Average(alarm => alarm.RowCount - RowsBefore) : double.NaN, faster = Response(DriftResponse.ForgetFaster);
            var result = new
            {
                world = name,
                stable_rows = StableTasks * StableRows,
                false_alarms = falseAlarms.Values.Count,
                false_alarms_per_thousand_rows = Math.Round(1000.0 * falseAlarms.Values.Count / (StableTasks * StableRows), 4),
                changed_tasks = ChangedTasks,
                found = found.Length,
                rows_to_alarm = Math.Round(delay, 1),
                error_of_known_moment = Math.Round(oracle, 4),
                ratio_without_response = none,
                ratio_restart = restart,
                ratio_forget_faster = faster,
                seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            };
            Console.Error.WriteLine(result.ToString());
            results.Add(result);
        }

        Result.Print(new { quality = "drift", rows = results });
    }

    private static double Square(Random random) => NormalDraw.Next(random) is var value ? value * value : 0;

    private sealed class Alarms : IProgress<DriftAlarm>
    {
        public List<DriftAlarm> Values { get; } = [];

        public void Report(DriftAlarm value) => Values.Add(value);
    }

    private sealed class Row
    {
        private const int FeatureCount = 6;

        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public bool Answer { get; set; }

        // y = wᵀ(x, 1) + noise, w ~ N(1, 1): a task is about as different from another as from the mean.
        public static IEnumerable<Row> Of(string name, int rows, int task, int seed, Func<Random, double, double> noise)
        {
            var random = new Random(task);
            double[] weights = [.. Enumerable.Range(0, FeatureCount + 1).Select(_ => 1 + NormalDraw.Next(random))];
            double scale = Math.Exp(0.2 * NormalDraw.Next(random));
            random = new Random(seed * 31 + 7);
            for (int row = 0; row < rows; row++)
            {
                float[] x = [.. Enumerable.Range(0, FeatureCount).Select(_ => (float)NormalDraw.Next(random))];
                double value = weights[^1] + x.Zip(weights).Sum(pair => pair.First * pair.Second) + noise(random, scale);
                yield return new Row { Task = name, Features = x, Label = (float)value, Answer = value > 0 };
            }
        }
    }
}
