using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML;
using Orleans;
using Orleans.Hosting;
using Orleans.Storage;
using Orleans.TestingHost;

namespace MetaML.Benchmarks.Scale;

/// <summary>A cluster in this process whose silos read shards of made-up tasks.</summary>
internal sealed class ShardCluster : IAsyncDisposable
{
    /// <summary>The name of the model.</summary>
    public const string Model = "tasks";

    private readonly InProcessTestCluster _cluster;
    private readonly DirectoryInfo _models;

    private ShardCluster(InProcessTestCluster cluster, DirectoryInfo models) => (_cluster, _models) = (cluster, models);

    public IClusterClient Client => _cluster.Client;

    /// <summary>Starts silos, and publishes version v1.</summary>
    /// <param name="silos">Number of silos.</param>
    /// <param name="model">The file of the version.</param>
    /// <param name="rows">The rows of a shard.</param>
    public static async Task<ShardCluster> Start(short silos, byte[] model, Func<MLContext, int, IDataView> rows)
    {
        var storage = new SharedStorage();
        DirectoryInfo models = Directory.CreateTempSubdirectory("models-");
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>("MetaML", (services, name) => new SharedStorage.Provider(storage, services.GetRequiredKeyedService<IGrainStorageSerializer>(name)));
            silo.Services.AddSingleton<IShardRows>(new Rows(rows));
            silo.AddMetaLearning(new FolderModelStore(models.FullName));
        });
        var cluster = new ShardCluster(builder.Build(), models);
        await cluster._cluster.DeployAsync();
        await cluster.Client.GetModel(Model).Publish("v1", model);
        return cluster;
    }

    /// <summary>The file of a version.</summary>
    public Task<byte[]> ReadFile(string version) => File.ReadAllBytesAsync(Path.Combine(_models.FullName, Model, $"{version}.zip"));

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _models.Delete(recursive: true);
    }

    private sealed class Rows(Func<MLContext, int, IDataView> rows) : IShardRows
    {
        public IDataView Read(MLContext context, string model, int shard) => rows(context, shard);
    }
}
