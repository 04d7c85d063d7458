using MetaML.Extensions.Chains;
using MetaML.Extensions.Orleans.Serving;
using MetaML.Extensions.Orleans.Tests.Clusters;
using MetaML.Extensions.Orleans.Tests.Tasks;
using MetaML.Training.Shards;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Learning;

/// <summary>Networks that silos learn from their shards.</summary>
public sealed class NetworkGrainTests
{
    private const int Shards = 4, Shops = 50; // shards of 12 and 13 shops

    private static readonly NetworkLearningOptions s_options = new() { MaximumNumberOfIterations = 30, EvaluationInterval = 10, CheckpointInterval = 7, LearningRate = 0.02, Seed = 5 };

    [Fact]
    public async Task Learn_OnAnyNumberOfSilos_GivesTheFileOfOneProcess()
    {
        var (expected, training) = InOneProcess(SavedModels.Network, s_options);
        foreach (short silos in (short[])[1, 2, 4])
        {
            await using TaskCluster cluster = await Start(silos, SavedModels.Network);
            LearnedNetwork learned = await cluster.Client.GetNetwork(TaskCluster.Model).Learn("v1", "v2", Shards, s_options);
            Assert.Equal(expected, cluster.Models.Files["shops/v2"]);
            Assert.Equal(("v2", false, Shops, 30), (learned.Version.Name, learned.Version.IsActive, learned.Tasks, learned.Iterations));
            Assert.Equal((training.BestIteration, training.ValidationLoss), (learned.BestIteration, learned.ValidationLoss));
            Assert.Equal(2 * Shards * sizeof(float) * TrainedValues(SavedModels.Network), learned.BytesOfAStep);
        }

        // The version is one like any other.
        var ml = new MLContext(seed: 1);
        ITransformer network = ml.Model.Load(new MemoryStream(expected), out _);
        await using TaskCluster serving = await Start(1, SavedModels.Network);
        await serving.Catalog.Publish("v2", expected);
        await serving.Catalog.Activate("v2");
        await serving.Task("shop 100").Update(TaskRows.From(Visit.Of(100, 5)));
        float[] scores = TaskGrainTests.Scores(ml, ml.MetaLearning().Adapt(network, ml.Data.LoadFromEnumerable(Visit.Of(100, 5))), Visit.Of(100, 3, seed: 2));
        Assert.Equal(scores, await TaskGrainTests.Scores(serving.Task("shop 100"), Visit.Of(100, 3, seed: 2)));
        Assert.True(training.BestIteration > 0, "nothing was learned");
    }

    [Fact]
    public async Task Learn_WhileItsSilosDie_GoesOnFromTheCheckpointToTheSameFile()
    {
        NetworkLearningOptions options = s_options with { MaximumNumberOfIterations = 120, Patience = null };
        var (expected, _) = InOneProcess(SavedModels.Network, options);
        await using TaskCluster cluster = await Start(3, SavedModels.Network);
        INetworkGrain network = cluster.Client.GetNetwork(TaskCluster.Model);

        // The silo dies after a checkpoint is stored, and before this is acknowledged: after 14, 28 and 42 steps. The request and the start are stored first.
        int writes = 0;
        var dying = new SortedDictionary<int, TaskCompletionSource> { [4] = new(), [6] = new(), [8] = new() };
        var released = new TaskCompletionSource();
        cluster.Storage.AfterWrite = key =>
        {
            if (!key.StartsWith("network/", StringComparison.Ordinal) || !dying.TryGetValue(Interlocked.Increment(ref writes), out TaskCompletionSource? reached))
                return Task.CompletedTask;
            reached.SetResult();
            return released.Task;
        };
        Task<LearnedNetwork> learning = network.Learn("v1", "v2", Shards, options);
        var steps = new List<int>();
        foreach (TaskCompletionSource reached in dying.Values)
        {
            Assert.Equal(reached.Task, await Task.WhenAny(reached.Task, learning).WaitAsync(TimeSpan.FromSeconds(60)));
            InProcessSiloHandle victim = await Retry(async () =>
            {
                SiloAddress? home = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(network);
                return cluster.Silos.Silos.FirstOrDefault(silo => silo.SiloAddress.Equals(home));
            });
            await cluster.Silos.KillSiloAsync(victim);
            await cluster.Silos.StartAdditionalSiloAsync();
            steps.Add((await Retry(network.Describe)).Iterations);
        }

        released.SetResult();
        LearnedNetwork learned = await learning;
        Assert.Equal(120, learned.Iterations);
        Assert.Equal(expected, cluster.Models.Files["shops/v2"]);
        Assert.All(steps.Zip([14, 28, 42]), pair => Assert.InRange(pair.First, pair.Second, 120)); // nothing that was stored is computed again
    }

    [Fact]
    public async Task Learn_WhenACheckpointIsNotStored_GoesOn()
    {
        await using TaskCluster cluster = await Start(1, SavedModels.Network);
        int writes = 0;
        cluster.Storage.BeforeWrite = key => key.StartsWith("network/", StringComparison.Ordinal) && Interlocked.Increment(ref writes) is 3 or 4 ? throw new IOException("the disk is full") : Task.CompletedTask;
        await cluster.Client.GetNetwork(TaskCluster.Model).Learn("v1", "v2", Shards, s_options);
        Assert.Equal(InOneProcess(SavedModels.Network, s_options).File, cluster.Models.Files["shops/v2"]);
        Assert.True(writes > 5);
    }

    [Fact]
    public async Task Learn_ABayesianAdapter_SetsTheNoiseFromAllRows()
    {
        var (network, _) = InOneProcess(SavedModels.BayesianNetwork, s_options);
        await using TaskCluster cluster = await Start(2, SavedModels.BayesianNetwork);
        LearnedNetwork learned = await cluster.Client.GetNetwork(TaskCluster.Model).Learn("v1", "v2", Shards, s_options);
        Assert.Equal(["v1", "v2"], (await cluster.Catalog.List()).Select(version => version.Name));
        Assert.Equal("v2", learned.Version.Name);
        byte[] file = cluster.Models.Files["shops/v2"];
        Assert.NotEqual(network, file);
        var ml = new MLContext(seed: 1);
        ITransformer expected = SavedModels.WithPriorOf(ml, ml.Model.Load(new MemoryStream(network), out _), Enumerable.Range(0, Shops).SelectMany(shop => Visit.Of(shop, 10)));
        Assert.All(Deviations(expected).Zip(Deviations(ml.Model.Load(new MemoryStream(file), out _))), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * pair.First));
        Assert.All(Deviations(expected).Zip(Deviations(ml.Model.Load(new MemoryStream(network), out _))), pair => Assert.NotEqual(pair.First, pair.Second, 1e-2f * pair.First));

        float[] Deviations(ITransformer model) => [.. ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(Visit.Of(5, 3, seed: 8)))
            .Transform(ml.Data.LoadFromEnumerable(Visit.Of(5, 5, seed: 9))).Preview().ColumnView.First(column => column.Column.Name == "ScoreStandardDeviation").Values.Cast<float>()];
    }

    [Fact]
    public async Task Learn_WhatCannotBeLearned_IsRefusedBeforeItBegins()
    {
        await using TaskCluster cluster = await Start(1, SavedModels.Network);
        await cluster.Catalog.Publish("linear", SavedModels.FullCovariance);
        INetworkGrain network = cluster.Client.GetNetwork(TaskCluster.Model);
        await AssertRefused<ArgumentException>("nothing to train", "linear", "v2", Shards, s_options);
        await AssertRefused<ArgumentException>("linear", "v1", "linear", Shards, s_options);
        await AssertRefused<ArgumentException>("LearningRate", "v1", "v2", Shards, s_options with { LearningRate = 0 });
        await AssertRefused<ArgumentException>("SupportRows", "v1", "v2", Shards, s_options with { Shots = 1, SupportRows = 1 });
        await AssertRefused<ArgumentException>("version", "v1", "v/2", Shards, s_options);
        await AssertRefused<ArgumentException>("shards", "v1", "v2", 0, s_options);
        await AssertRefused<InvalidOperationException>("v9", "v9", "v2", Shards, s_options);
        Assert.Null(await network.Describe());
        Assert.Equal(["shops/linear", "shops/v1"], cluster.Models.Files.Keys.Order(StringComparer.Ordinal));

        async Task AssertRefused<T>(string part, string from, string to, int shards, NetworkLearningOptions options)
            where T : Exception =>
            Assert.Contains(part, (await Assert.ThrowsAnyAsync<T>(() => network.Learn(from, to, shards, options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Learn_RowsThatCannotBeLearnedFrom_AreAnErrorThatNamesTheShard()
    {
        await using TaskCluster cluster = await TaskCluster.Start(model: SavedModels.Network, services: services => services.AddSingleton<IShardRows>(new SingleRows()));
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetNetwork(TaskCluster.Model).Learn("v1", "v2", 2, s_options));
        Assert.StartsWith("Shard 1 cannot be learned from. At least one task", error.Message, StringComparison.Ordinal);
        await using TaskCluster without = await TaskCluster.Start(model: SavedModels.Network);
        Assert.Contains(nameof(IShardRows), (await Assert.ThrowsAsync<InvalidOperationException>(() => without.Client.GetNetwork(TaskCluster.Model).Learn("v1", "v2", 2, s_options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_EndsLearningWithoutAVersion()
    {
        await using TaskCluster cluster = await Start(2, SavedModels.Network);
        INetworkGrain network = cluster.Client.GetNetwork(TaskCluster.Model);
        NetworkLearningOptions endless = s_options with { MaximumNumberOfIterations = 1_000_000, Patience = null };
        using var cancel = new CancellationTokenSource();
        Task<LearnedNetwork> learning = network.Learn("v1", "v2", Shards, endless, cancel.Token);
        while (await network.Describe() is not ({ Iterations: > 0 } or { HasEnded: true }))
            await Task.Delay(20);
        await network.Start("v1", "v2", Shards, endless); // the same request
        Assert.Contains("'v2'", (await Assert.ThrowsAsync<InvalidOperationException>(() => network.Start("v1", "v3", Shards, endless))).Message, StringComparison.Ordinal);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => learning);
        Assert.Contains("cancelled", (await network.Describe())!.Error, StringComparison.Ordinal);
        Assert.Equal(["shops/v1"], cluster.Models.Files.Keys);
        LearnedNetwork learned = await network.Learn("v1", "v2", Shards, s_options); // begins again
        Assert.Equal(30, learned.Iterations);
        Assert.Equal(InOneProcess(SavedModels.Network, s_options).File, cluster.Models.Files["shops/v2"]);
    }

    // Until the cluster has noticed that a silo is dead.
    private static async Task<T> Retry<T>(Func<Task<T?>> call)
        where T : class
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            try
            {
                if (await call() is { } result)
                    return result;
            }
            catch (Exception error) when (error is OrleansException or TimeoutException)
            {
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("the cluster does not answer");
    }

    private static Task<TaskCluster> Start(short silos, byte[] model) => TaskCluster.Start(silos, services: services => services.AddSingleton<IShardRows>(new ShopRows(Shards, Shops)), model: model);

    // The same shards, one after the other.
    private static (byte[] File, TrainingSummary Training) InOneProcess(byte[] model, NetworkLearningOptions options)
    {
        ServedModel served = ServedModel.Load(TaskCluster.Model, "v1", model, new CheckedLoadOptions());
        var rows = new ShopRows(Shards, Shops);
        GradientShard[] shards = [.. Enumerable.Range(0, Shards).Select(shard => served.ReadGradientShard(ml => rows.Read(ml, TaskCluster.Model, shard), options.ToTraining(), shard, Shards))];
        return served.LearnNetwork(
            options.ToTraining(),
            (theta, iteration, progress) => Array.ConvertAll(shards, shard => shard.Differentiate(theta, iteration, progress)),
            theta => Array.ConvertAll(shards, shard => shard.Validate(theta)),
            null);
    }

    private static int TrainedValues(byte[] model)
    {
        var learner = (MetaLearnerTransformer)ChainAdapter.FindLearner(new MLContext().Model.Load(new MemoryStream(model), out _));
        return learner.Model.Design.Encoder.Parameters.Concat(learner.Model.Design.Adapter.Parameters).Where(spec => spec.IsTrained).Sum(spec => spec.Count);
    }

    private sealed class SingleRows : IShardRows
    {
        public IDataView Read(MLContext context, string model, int shard) => context.Data.LoadFromEnumerable(Visit.Of(shard, shard == 1 ? 1 : 20));
    }
}
