using MetaML.Extensions.Orleans.Tests.Clusters;
using MetaML.Extensions.Orleans.Tests.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Orleans;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Learning;

/// <summary>A prior that silos learn from their shards.</summary>
public sealed class PriorGrainTests
{
    private const int Shards = 8, Shops = 48;

    private static readonly Visit[] s_queries = Visit.Of(5, 5, seed: 9);

    [Fact]
    public async Task Learn_OnAnyNumberOfSilos_GivesTheSameFileAndTheModelOfOneProcess()
    {
        var files = new List<byte[]>();
        foreach (short silos in (short[])[1, 2, 4])
        {
            await using TaskCluster cluster = await TaskCluster.Start(silos, services: services => services.AddSingleton<IShardRows>(new ShopRows(Shards, Shops)), model: SavedModels.FullCovariance);
            LearnedPrior learned = await cluster.Client.GetPrior(TaskCluster.Model).Learn("v1", "v2", Shards);
            Assert.Equal((Shops, "v2", false), (learned.Tasks, learned.Version.Name, learned.Version.IsActive));
            Assert.Equal(Shards * 8 * (6 + 3 + 9 + 9), learned.BytesOfARound);
            files.Add(cluster.Models.Files["shops/v2"]);
            if (silos > 1)
                continue;

            // A task takes the new version over by its statistics.
            ITaskGrain task = cluster.Task("shop 100");
            await task.Update(TaskRows.From(Visit.Of(100, 3)));
            float[] before = await TaskGrainTests.Scores(task, Visit.Of(100, 3, seed: 2));
            await cluster.Catalog.Activate("v2");
            Assert.NotEqual(before, await TaskGrainTests.Scores(task, Visit.Of(100, 3, seed: 2)));
            Assert.True(await task.Describe() is { Version: "v2", RowCount: 3, NeedsRows: false });
        }

        Assert.Equal(files[0], files[1]);
        Assert.Equal(files[0], files[2]);

        // One process that learns from all rows of all shops, in the same units.
        var ml = new MLContext(seed: 1);
        ITransformer sharded = ml.Model.Load(new MemoryStream(files[0]), out _), first = ml.Model.Load(new MemoryStream(SavedModels.FullCovariance), out _);
        ITransformer whole = SavedModels.WithPriorOf(ml, first, Enumerable.Range(0, Shops).SelectMany(shop => Visit.Of(shop, 10)));
        float[] expected = TaskGrainTests.Scores(ml, ml.MetaLearning().Adapt(whole, ml.Data.LoadFromEnumerable(Visit.Of(5, 3, seed: 8))), s_queries);
        float[] actual = TaskGrainTests.Scores(ml, ml.MetaLearning().Adapt(sharded, ml.Data.LoadFromEnumerable(Visit.Of(5, 3, seed: 8))), s_queries);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public async Task Learn_WhileASiloDies_GivesTheSameFile()
    {
        var rows = new ShopRows(Shards, Shops);
        await using TaskCluster cluster = await TaskCluster.Start(silos: 3, services: services => services.AddSingleton<IShardRows>(rows), model: SavedModels.FullCovariance);
        await cluster.Client.GetPrior(TaskCluster.Model).Learn("v1", "v2", Shards);
        using var reached = new SemaphoreSlim(0);
        rows.OnRead = shard => reached.Release();
        Task<LearnedPrior> learning = cluster.Client.GetPrior(TaskCluster.Model).Learn("v1", "v3", Shards);
        Assert.True(await reached.WaitAsync(TimeSpan.FromSeconds(20)));
        for (int kill = 0; kill < 2; kill++) // of three silos, so that the grain that learns is on one of them in most runs
        {
            await cluster.Silos.KillSiloAsync(cluster.Silos.Silos[kill]);
            await cluster.Silos.StartAdditionalSiloAsync();
        }

        await learning;
        Assert.Equal(cluster.Models.Files["shops/v2"], cluster.Models.Files["shops/v3"]);
    }

    [Fact]
    public async Task Learn_WhatCannotBeLearned_IsAnError()
    {
        await using TaskCluster cluster = await TaskCluster.Start(model: SavedModels.Mapped);
        IPriorGrain prior = cluster.Client.GetPrior(TaskCluster.Model);
        Assert.Contains("Bayesian adapter", (await Assert.ThrowsAsync<InvalidOperationException>(() => prior.Learn("v1", "v2", 2))).Message, StringComparison.Ordinal);
        await cluster.Catalog.Publish("v3", SavedModels.FullCovariance);
        Assert.Contains(nameof(IShardRows), (await Assert.ThrowsAsync<InvalidOperationException>(() => prior.Learn("v3", "v4", 2))).Message, StringComparison.Ordinal);
    }
}
