using MetaML.Extensions.Orleans.Tests.Clusters;
using MetaML.Extensions.Orleans.Tests.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Orleans;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Models;

/// <summary>Versions of a model, and the adaptation of tasks to them.</summary>
public sealed class ModelGrainTests
{
    private static readonly Visit[] s_rows = Visit.Of(100, 40), s_queries = Visit.Of(100, 5, seed: 3);

    [Fact]
    public async Task Activate_AnotherPrior_AdaptsTasksByTheirStatisticsAndBack()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 2);
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(TaskRows.From(s_rows), "first");
        float[] before = await TaskGrainTests.Scores(task, s_queries);
        await cluster.Catalog.Publish("v2", SavedModels.OtherPrior);
        Assert.Equal(before, await TaskGrainTests.Scores(task, s_queries)); // published is not active
        await cluster.Catalog.Activate("v2");
        var ml = new MLContext(seed: 1);
        ITransformer expected = ml.MetaLearning().Adapt(ml.Model.Load(new MemoryStream(SavedModels.OtherPrior), out _), ml.Data.LoadFromEnumerable(s_rows));
        Assert.All(TaskGrainTests.Scores(ml, expected, s_queries).Zip(await TaskGrainTests.Scores(task, s_queries)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.Equal(("v2", 40, false), await task.Describe() is var state ? (state.Version, state.RowCount, state.NeedsRows) : default);
        Assert.True((await task.Update(TaskRows.From(s_rows), "first")).IsRepeated); // events are counted across versions

        await cluster.Catalog.Activate("v1");
        Assert.All(before.Zip(await TaskGrainTests.Scores(task, s_queries)), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
        Assert.Equal("v1", (await task.Describe()).Version);
    }

    [Fact]
    public async Task Activate_OtherUnits_GoesOnUntilTheRowsAreThere()
    {
        var source = new Rows();
        await using TaskCluster cluster = await TaskCluster.Start(services: services => services.AddSingleton<ITaskRowSource>(source));
        ITaskGrain task = cluster.Task("shop 100");
        await task.Update(TaskRows.From(s_rows[..20]));
        float[] before = await TaskGrainTests.Scores(task, s_queries);
        await cluster.Catalog.Publish("v2", SavedModels.OtherUnits);
        await cluster.Catalog.Activate("v2");
        Assert.Equal(before, await TaskGrainTests.Scores(task, s_queries));
        Assert.True(await task.Describe() is { Version: "v1", NeedsRows: true });
        Assert.Equal(40, (await task.Update(TaskRows.From(s_rows[20..]))).RowCount); // updates go on too
        source.Given = TaskRows.From(s_rows);
        var ml = new MLContext(seed: 1);
        ITransformer expected = ml.MetaLearning().Adapt(ml.Model.Load(new MemoryStream(SavedModels.OtherUnits), out _), ml.Data.LoadFromEnumerable(s_rows));
        Assert.Equal(TaskGrainTests.Scores(ml, expected, s_queries), await TaskGrainTests.Scores(task, s_queries));
        Assert.True(await task.Describe() is { Version: "v2", NeedsRows: false, RowCount: 40 });
        Assert.Equal(("shops", "shop 100", "v2"), source.Asked);
    }

    [Fact]
    public async Task Catalog_ListsPublishesAndRetires()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        ModelVersion second = await cluster.Catalog.Publish("v2", SavedModels.OtherPrior);
        Assert.Equal(second, await cluster.Catalog.Publish("v2", SavedModels.OtherPrior));
        Assert.Equal(["v1", "v2"], (await cluster.Catalog.List()).Select(version => version.Name));
        Assert.Equal("v1", Assert.Single(await cluster.Catalog.List(), version => version.IsActive).Name);
        Assert.Contains("one file", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Catalog.Publish("v2", SavedModels.Visits))).Message, StringComparison.Ordinal);
        Assert.Contains("'v3'", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Catalog.Activate("v3"))).Message, StringComparison.Ordinal);
        Assert.Contains("must not be active", (await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Catalog.Retire("v1"))).Message, StringComparison.Ordinal);
        await cluster.Catalog.Retire("v2");
        Assert.Single(await cluster.Catalog.List());
        Assert.Equal(["shops/v1"], cluster.Models.Files.Keys);
    }

    [Fact]
    public async Task Publish_AFileThatCannotBeServed_IsRefused()
    {
        await using TaskCluster cluster = await TaskCluster.Start();
        await Assert.ThrowsAsync<InvalidDataException>(() => cluster.Catalog.Publish("v2", [1, 2, 3]));
        byte[] damaged = [.. SavedModels.Visits];
        damaged[damaged.Length / 2] ^= 1;
        await Assert.ThrowsAsync<InvalidDataException>(() => cluster.Catalog.Publish("v2", damaged));
        await Assert.ThrowsAsync<ArgumentException>(() => cluster.Catalog.Publish("../v2", SavedModels.OtherPrior));
        var ml = new MLContext(seed: 1);
        IDataView data = SavedModels.Data(ml);
        using var stream = new MemoryStream();
        ml.Model.Save(ml.Transforms.Concatenate("Features", "Age", "Basket").Fit(data), data.Schema, stream);
        Assert.Contains("meta-learner", (await Assert.ThrowsAsync<ArgumentException>(() => cluster.Catalog.Publish("v2", stream.ToArray()))).Message, StringComparison.Ordinal);
        Assert.Single(await cluster.Catalog.List());
    }

    [Fact]
    public async Task Model_ThatIsReplacedInTheStore_IsNotUsed()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 1);
        cluster.Models.Files["shops/v1"] = SavedModels.OtherPrior;
        await Assert.ThrowsAsync<InvalidDataException>(() => cluster.Task("shop 100").Predict(TaskRows.From(s_queries)));
        cluster.Models.Files["shops/v1"] = SavedModels.Visits;
        Assert.False((await cluster.Task("shop 100").Predict(TaskRows.From(s_queries))).IsKnown);
    }

    [Fact]
    public async Task Models_InTheGrainStorage_OutliveTheirSilos()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 2, hasModelsInStorage: true);
        await cluster.Catalog.Publish("v2", SavedModels.OtherPrior);
        await cluster.Catalog.Activate("v2");
        foreach (var silo in cluster.Silos.Silos.ToArray())
        {
            await cluster.Silos.StartAdditionalSiloAsync();
            await cluster.Silos.StopSiloAsync(silo);
        }

        // Not by the client, which was connected to the silos that have stopped.
        IGrainFactory grains = cluster.Silos.GetSiloServiceProvider(cluster.Silos.Silos[0].SiloAddress).GetRequiredService<IGrainFactory>();
        Assert.Equal("v2", (await grains.GetTask(TaskCluster.Model, "shop 100").Predict(TaskRows.From(s_queries))).Version);
        await grains.GetModel(TaskCluster.Model).Activate("v1");
        await grains.GetModel(TaskCluster.Model).Retire("v2");
        Assert.Single(cluster.Storage.Bytes.Keys, key => key.StartsWith("model-file/", StringComparison.Ordinal));
        Assert.Empty(cluster.Models.Files);
    }

    [Fact]
    public async Task FolderModelStore_KeepsFiles()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("models-");
        try
        {
            var store = new FolderModelStore(folder.FullName);
            Assert.Null(await store.LoadAsync("shops", "v1"));
            await store.SaveAsync("shops", "v1", new byte[] { 1, 2 });
            await store.SaveAsync("shops", "v1", new byte[] { 3 });
            Assert.Equal([3], (await new FolderModelStore(folder.FullName).LoadAsync("shops", "v1"))!);
            Assert.Equal(["v1.zip"], folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.Name));
            await store.DeleteAsync("shops", "v1");
            Assert.Null(await store.LoadAsync("shops", "v1"));
            await Assert.ThrowsAsync<ArgumentException>(() => store.LoadAsync("..", "v1"));
            await Assert.ThrowsAsync<ArgumentException>(() => store.LoadAsync("shops", "a/b"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Rows : ITaskRowSource
    {
        public TaskRows? Given { get; set; }

        public (string, string, string) Asked { get; private set; }

        public Task<TaskRows?> ReadAsync(string model, string task, string version, CancellationToken cancellationToken)
        {
            Asked = (model, task, version);
            return Task.FromResult(Given);
        }
    }
}
