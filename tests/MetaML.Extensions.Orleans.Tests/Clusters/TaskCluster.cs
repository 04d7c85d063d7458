using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;

namespace MetaML.Extensions.Orleans.Tests.Clusters;

/// <summary>A cluster in this process, with one storage and one store of models for all its silos.</summary>
internal sealed class TaskCluster : IAsyncDisposable
{
    public const string Model = "shops";

    private readonly InProcessTestCluster _cluster;

    private TaskCluster(InProcessTestCluster cluster) => _cluster = cluster;

    public SharedStorage Storage { get; private init; } = new();

    public MemoryModelStore Models { get; private init; } = new();

    public InProcessTestCluster Silos => _cluster;

    public IClusterClient Client => _cluster.Client;

    public ITaskGrain Task(string name) => Client.GetTask(Model, name);

    public static ITaskGrain TaskOf(TaskCluster cluster, string model, string task) => cluster.Client.GetTask(model, task);

    public IModelGrain Catalog => Client.GetModel(Model);

    /// <summary>Starts a cluster with version v1 of the model of visits.</summary>
    public static async Task<TaskCluster> Start(short silos = 1, Action<TaskGrainOptions>? configure = null, Action<IServiceCollection>? services = null, byte[]? model = null, bool hasModelsInStorage = false)
    {
        var storage = new SharedStorage();
        var models = new MemoryModelStore();
        var builder = new InProcessTestClusterBuilder(silos);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.ClearProviders());
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddKeyedSingleton<IGrainStorage>("MetaML", (provider, name) => new SharedStorage.Provider(storage, provider.GetRequiredKeyedService<IGrainStorageSerializer>(name)));
            silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>(); // tasks on all silos
            silo.Services.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                options.NumMissedProbesLimit = 2;
                options.TableRefreshTimeout = TimeSpan.FromSeconds(1);
            });
            services?.Invoke(silo.Services);
            if (hasModelsInStorage)
                silo.AddMetaLearning(SetOptions);
            else
                silo.AddMetaLearning(models, SetOptions);
        });
        builder.ConfigureClient(client => client.Services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10)));
        var cluster = new TaskCluster(builder.Build()) { Storage = storage, Models = models };
        await cluster._cluster.DeployAsync();
        await cluster.Catalog.Publish("v1", model ?? SavedModels.Visits);
        await cluster.Catalog.Activate("v1");
        return cluster;

        void SetOptions(TaskGrainOptions options)
        {
            options.VersionRefresh = TimeSpan.Zero;
            options.RowSourceRetry = TimeSpan.Zero;
            configure?.Invoke(options);
        }
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    /// <summary>Model files in memory.</summary>
    internal sealed class MemoryModelStore : IModelStore
    {
        public ConcurrentDictionary<string, byte[]> Files { get; } = new();

        public Task SaveAsync(string model, string version, ReadOnlyMemory<byte> file, CancellationToken cancellationToken = default)
        {
            Files[$"{model}/{version}"] = file.ToArray();
            return System.Threading.Tasks.Task.CompletedTask;
        }

        public Task<byte[]?> LoadAsync(string model, string version, CancellationToken cancellationToken = default) => System.Threading.Tasks.Task.FromResult(Files.GetValueOrDefault($"{model}/{version}"));

        public Task DeleteAsync(string model, string version, CancellationToken cancellationToken = default)
        {
            Files.TryRemove($"{model}/{version}", out _);
            return System.Threading.Tasks.Task.CompletedTask;
        }
    }
}
