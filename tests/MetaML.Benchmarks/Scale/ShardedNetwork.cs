using System.Diagnostics;
using MetaML.Benchmarks.Cost;
using MetaML.Benchmarks.Speed;
using Microsoft.ML;
using Orleans;

namespace MetaML.Benchmarks.Scale;

/// <summary>The time and the bytes of an outer step that 1, 2 and 4 silos of one machine compute from 16 shards, compared with Fit in one process.</summary>
/// <remarks>Perceptrons of two hidden layers with ridge regression, 64 tasks a step, tasks of 40 rows with 16 features. Times are of steps alone: that of one step, with the reading of the rows, is subtracted.</remarks>
internal static class ShardedNetwork
{
    private const int Shards = 16, TasksOfAShard = 50, Rows = 40, Features = 16;

    private static readonly EpisodeOptions s_episodes = new() { TasksPerIteration = 64, SupportRows = 10, Queries = 30 };

    /// <param name="steps">Number of steps that are measured.</param>
    public static void Run(int steps)
    {
        Console.WriteLine(Machine.Description);
        foreach (int units in (int[])[64, 512])
            RunAsync(steps, units).GetAwaiter().GetResult();
    }

    private static async Task RunAsync(int steps, int units)
    {
        double one = SecondsOfFit(steps, units);
        Print(units, null, one, one, 0, null, null);
        byte[] model = Fit(units, 0, null);
        byte[]? first = null;
        var options = new NetworkLearningOptions { Patience = null, EvaluationInterval = steps + 1, CheckpointInterval = steps + 1, TasksPerIteration = s_episodes.TasksPerIteration, SupportRows = s_episodes.SupportRows, Queries = s_episodes.Queries };
        foreach (short silos in (short[])[1, 2, 4])
        {
            await using ShardCluster cluster = await ShardCluster.Start(silos, model, (ml, shard) => new LinearTasks(TasksOfAShard, Rows, Rows, Features) { Seed = shard + 1 }.View(ml));
            INetworkGrain network = cluster.Client.GetNetwork(ShardCluster.Model);
            await network.Learn("v1", "warm", Shards, options with { MaximumNumberOfIterations = 1 });
            long start = Stopwatch.GetTimestamp();
            await network.Learn("v1", "short", Shards, options with { MaximumNumberOfIterations = 1 });
            double reading = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            LearnedNetwork learned = await network.Learn("v1", "v2", Shards, options with { MaximumNumberOfIterations = steps + 1 });
            double seconds = (Stopwatch.GetElapsedTime(start).TotalSeconds - reading) / steps;
            byte[] file = await cluster.ReadFile("v2");
            Print(units, silos, seconds, one, learned.BytesOfAStep, (first ??= file).AsSpan().SequenceEqual(file), learned.ValidationLoss);
        }
    }

    private static void Print(int units, short? silos, double seconds, double one, long bytes, bool? isSame, double? loss) => Result.Print(new
    {
        benchmark = "scale network",
        units,
        silos,
        shards = silos is null ? 1 : Shards,
        seconds_a_step = Math.Round(seconds, 4),
        ratio_to_fit = Math.Round(seconds / one, 2),
        bytes_a_step = bytes,
        same_bytes = isSame,
        validation_loss = loss,
    });

    private static double SecondsOfFit(int steps, int units)
    {
        long start = 0, end = 0;
        Fit(units, steps + 1, new Timer(progress =>
        {
            if (progress.Iteration == 1)
                start = Stopwatch.GetTimestamp();
            end = Stopwatch.GetTimestamp();
        }));
        return Stopwatch.GetElapsedTime(start, end).TotalSeconds / steps;
    }

    private static byte[] Fit(int units, int steps, IProgress<TrainingProgress>? progress)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = new LinearTasks(Shards * TasksOfAShard, Rows, Rows, Features).View(ml);
        var options = new MetaLearnerOptions
        {
            TaskColumnName = "Task",
            Encoder = new MlpEncoderOptions { HiddenUnits = [units, units], EmbeddingDimension = 32 },
            Adapter = new RidgeAdapterOptions(),
            Episodes = s_episodes,
            EarlyStopping = null,
            ValidationFraction = 0,
            MaximumNumberOfIterations = steps,
            Progress = progress,
        };
        using var file = new MemoryStream();
        ml.Model.Save(ml.Regression.Trainers.MetaLearner(options).Fit(rows), rows.Schema, file);
        return file.ToArray();
    }

    private sealed class Timer(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
