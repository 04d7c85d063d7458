using System.Diagnostics;
using MetaML.Benchmarks.Cost;
using MetaML.Benchmarks.Speed;
using Microsoft.ML;
using Orleans;

namespace MetaML.Benchmarks.Scale;

/// <summary>The time and the bytes of a prior that 1, 2 and 4 silos of one machine learn from 16 shards of tasks with five rows and 16 features.</summary>
internal static class ShardedPrior
{
    private const int Shards = 16, RowsPerTask = 5, Features = 16;

    /// <param name="tasks">Number of tasks.</param>
    public static void Run(int tasks)
    {
        Console.WriteLine(Machine.Description);
        RunAsync(tasks).GetAwaiter().GetResult();
    }

    private static async Task RunAsync(int tasks)
    {
        var ml = new MLContext(seed: 1);
        IDataView few = new LinearTasks(1000, RowsPerTask, RowsPerTask, Features).View(ml);
        var options = new MetaLearnerOptions { TaskColumnName = "Task", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Full }, KeepStatistics = true };
        using var file = new MemoryStream();
        ml.Model.Save(ml.Regression.Trainers.MetaLearner(options).Fit(few), few.Schema, file);
        byte[]? first = null;
        foreach (short silos in (short[])[4, 2, 1])
        {
            await using ShardCluster cluster = await ShardCluster.Start(silos, file.ToArray(), (context, shard) => new LinearTasks(tasks / Shards, RowsPerTask, RowsPerTask, Features) { Seed = shard + 1 }.View(context));
            var clock = Stopwatch.StartNew();
            TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;
            LearnedPrior learned = await cluster.Client.GetPrior(ShardCluster.Model).Learn("v1", "v2", Shards);
            double seconds = clock.Elapsed.TotalSeconds;
            byte[] learnedFile = await cluster.ReadFile("v2");
            Result.Print(new
            {
                benchmark = "scale prior",
                silos,
                tasks = learned.Tasks,
                shards = Shards,
                seconds = Math.Round(seconds, 1),
                processor_seconds = Math.Round((Process.GetCurrentProcess().TotalProcessorTime - processor).TotalSeconds, 1),
                rounds = learned.Rounds,
                bytes_of_a_round = learned.BytesOfARound,
                log_likelihood = learned.LogLikelihood,
                same_bytes = (first ??= learnedFile).AsSpan().SequenceEqual(learnedFile),
                peak_memory_mb = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0),
            });
        }
    }
}
