using System.Diagnostics;
using System.Globalization;
using MetaML.Benchmarks.Speed;
using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.ML;
using Microsoft.ML.Data;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace MetaML.Benchmarks.Scale;

/// <summary>Tenants as grains of one silo: the time of a Learn of ten rows beside that of a bare grain that writes as many bytes, the bytes stored for each, and the memory, for more and more tenants.</summary>
internal static class Tenants
{
    private const int FeatureCount = 16, RowsOfALearn = 10, ManyRows = 60, Probes = 3000, Writers = 8;

    /// <param name="count">The largest number of tenants.</param>
    public static void Run(int count)
    {
        Console.WriteLine(Machine.Description);
        RunAsync(count).GetAwaiter().GetResult();
    }

    private static async Task RunAsync(int count)
    {
        var storage = new SharedStorage();
        DirectoryInfo models = Directory.CreateTempSubdirectory("models-");
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            silo.Services.AddKeyedSingleton<IGrainStorage>("MetaML", (services, name) => new SharedStorage.Provider(storage, services.GetRequiredKeyedService<IGrainStorageSerializer>(name)));
            silo.Services.Configure<GrainCollectionOptions>(options => (options.CollectionAge, options.CollectionQuantum) = (TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5)));
            silo.AddMetaLearning(new FolderModelStore(models.FullName));
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        IGrainFactory grains = host.Services.GetRequiredService<IGrainFactory>();
        await grains.GetModel("tenants").Publish("v1", Train());
        await grains.GetModel("tenants").Activate("v1");

        TaskRows[] rows = [.. Enumerable.Range(0, 100).Select(seed => TaskRows.From(Row.Of(seed, RowsOfALearn)))];
        await grains.GetTask("tenants", "many").Learn(TaskRows.From(Row.Of(7, ManyRows)));
        TaskState many = await grains.GetTask("tenants", "many").Describe();
        int created = 0;
        foreach (int size in Sizes(count))
        {
            var clock = Stopwatch.StartNew();
            int first = created;
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref created) - 1) < size - Probes;)
                    await grains.GetTask("tenants", Name(i)).Learn(rows[i % rows.Length]);
            })));
            created = size - Probes;
            double rate = (created - first) / clock.Elapsed.TotalSeconds;

            // One call at a time, of both kinds in turn.
            byte[] bytes = new byte[(await grains.GetTask("tenants", Name(0)).Describe()).StateBytes];
            double[] learn = new double[Probes], bare = new double[Probes];
            for (int i = 0; i < Probes; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await grains.GetTask("tenants", Name(created + i)).Learn(rows[i % rows.Length]);
                learn[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                start = Stopwatch.GetTimestamp();
                await grains.GetGrain<IBareGrain>(Name(created + i)).Write(bytes);
                bare[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            created = size;
            Array.Sort(learn);
            Array.Sort(bare);
            await Task.Delay(TimeSpan.FromSeconds(40)); // idle grains are collected
            int active = await grains.GetGrain<IManagementGrain>(0).GetTotalActivationCount();
            long stored = storage.Bytes.Where(pair => pair.Key.StartsWith("task/", StringComparison.Ordinal)).Sum(pair => (long)pair.Value.Length);
            double memory = GC.GetTotalMemory(forceFullCollection: true) / 1048576.0, states = storage.Bytes.Sum(pair => (long)pair.Value.Length + 2L * pair.Key.Length) / 1048576.0;
            int wrong = await CountWrong(grains, size);
            Result.Print(new
            {
                benchmark = "scale tenants",
                tenants = size,
                learns_per_second = Math.Round(rate),
                learn_p50_ms = Math.Round(learn[Probes / 2], 3),
                learn_p99_ms = Math.Round(learn[Probes * 99 / 100], 3),
                bare_p50_ms = Math.Round(bare[Probes / 2], 3),
                bare_p99_ms = Math.Round(bare[Probes * 99 / 100], 3),
                ratio_p50 = Math.Round(learn[Probes / 2] / bare[Probes / 2], 1),
                ratio_p99 = Math.Round(learn[Probes * 99 / 100] / bare[Probes * 99 / 100], 1),
                bytes_a_tenant = stored / (size + 1),
                bytes_with_60_rows = many.StateBytes,
                active_grains = active,
                memory_mb = Math.Round(memory),
                of_which_storage_mb = Math.Round(states),
                wrong,
            });
        }

        await host.StopAsync();
        models.Delete(recursive: true);
    }

    // Some tenants are read back, after their grains were collected.
    private static async Task<int> CountWrong(IGrainFactory grains, int size)
    {
        int wrong = 0;
        for (int i = 0; i < 1000; i++)
        {
            TaskState state = await grains.GetTask("tenants", Name((int)((long)i * size / 1000))).Describe();
            wrong += state is { IsKnown: true, RowCount: RowsOfALearn } ? 0 : 1;
        }

        return wrong;
    }

    private static IEnumerable<int> Sizes(int count)
    {
        for (int size = 10_000; size < count; size *= 10)
            yield return size;
        yield return Math.Max(count, Probes);
    }

    private static string Name(int tenant) => string.Create(CultureInfo.InvariantCulture, $"tenant {tenant}");

    private static byte[] Train()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).SelectMany(task => Row.Of(task, 30)));
        ITransformer model = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { TaskColumnName = "Task", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Full }, KeepStatistics = true }).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        return file.ToArray();
    }

    internal sealed class Row
    {
        public string Task { get; set; } = "";

        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public static Row[] Of(int task, int count)
        {
            var random = new Random(task);
            float[] head = [.. Enumerable.Range(0, FeatureCount).Select(_ => random.NextSingle() - 0.5f)];
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                float[] x = [.. Enumerable.Range(0, FeatureCount).Select(_ => 2 * random.NextSingle() - 1)];
                return new Row { Features = x, Label = x.Zip(head, (value, weight) => value * weight).Sum() + 0.3f * random.NextSingle() };
            }).Select(row => { row.Task = count == 30 ? $"task {task}" : ""; return row; })];
        }
    }
}
