using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>The time of one row that is added to a task of a live model, forgotten, or predicted; beside an Update of the whole chain.</summary>
internal static class LiveUpdate
{
    private const int FeatureCount = 64, Tasks = 200, RowsPerTask = 100, Count = 20_000, ChainCount = 100, Threads = 32;

    public static void Run()
    {
        var race = new Race("update", "µs", isHigherBetter: false);
        var ml = new MLContext(seed: 1);
        IDataView training = ml.Data.LoadFromEnumerable(Row.Some(Tasks * RowsPerTask, seed: 1));
        Row[] rows = [.. Row.Some(Count, seed: 2)];
        (string Name, AdapterOptions Adapter, UpdateOptions? Options)[] settings =
        [
            ("Bayesian, full covariance", new BayesianAdapterOptions { Covariance = PriorCovariance.Full }, null),
            ("Bayesian, test for drift", new BayesianAdapterOptions { Covariance = PriorCovariance.Full }, new UpdateOptions { Drift = DriftResponse.Report }),
            ("ridge", new RidgeAdapterOptions(), null),
        ];
        foreach (var (name, adapter, options) in settings)
        {
            ITransformer model = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = adapter, KeepStatistics = true, MaximumNumberOfIterations = 50 }).Fit(training);
            using LiveTasks<Row, Prediction> live = ml.MetaLearning().LiveTasks<Row, Prediction>(model, options);
            foreach (Row row in rows)
                live.Update(row); // computes each posterior once
            Contender update = new("LiveTasks.Update", () => Microseconds(rows, row => live.Update(row)));
            Contender forget = new("LiveTasks.Forget", () => Microseconds(rows, live.Forget));
            Contender chain = new("Update of the chain", () => Microseconds(rows[..ChainCount], row => ml.MetaLearning().Update(model, ml.Data.LoadFromEnumerable([row]), options)));
            Contender predict = new("LiveTasks.Predict", () => Microseconds(rows, row => live.Predict(row)));
            race.Run($"{FeatureCount} features, {name}", update, forget, chain, predict);
        }

        // Threads that update and threads that predict share the processors.
        ITransformer shared = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { Encoder = new IdentityEncoderOptions(), Adapter = settings[0].Adapter, KeepStatistics = true }).Fit(training);
        using LiveTasks<Row, Prediction> busy = ml.MetaLearning().LiveTasks<Row, Prediction>(shared);
        double Of(Action<Row> each) => Microseconds(Enumerable.Range(0, Threads), _ => Array.ForEach(rows[..1000], each)) / 1000;
        double Concurrent(Action<Row> each)
        {
            long start = Stopwatch.GetTimestamp();
            Task.WaitAll([.. Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(() => Array.ForEach(rows[..1000], each), TaskCreationOptions.LongRunning))]);
            return Stopwatch.GetElapsedTime(start).TotalMicroseconds / (Threads * 1000);
        }

        race.Run($"{Threads} threads", new("Update", () => Concurrent(row => busy.Update(row))), new Contender("Update, one thread", () => Of(row => busy.Update(row))), new("Predict", () => Concurrent(row => busy.Predict(row))));
        race.Print();
    }

    /// <summary>The mean time of an action.</summary>
    public static double Microseconds<T>(IEnumerable<T> items, Action<T> each)
    {
        T[] all = [.. items];
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(all, each);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / all.Length;
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public static IEnumerable<Row> Some(int count, int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < count; i++)
            {
                float[] x = [.. Enumerable.Range(0, FeatureCount).Select(_ => 2 * random.NextSingle() - 1)];
                int task = i % Tasks;
                yield return new Row { Task = $"task {task}", Features = x, Label = x.Take(8).Sum() + x[task % FeatureCount] + 0.1f * random.NextSingle() };
            }
        }
    }
}
