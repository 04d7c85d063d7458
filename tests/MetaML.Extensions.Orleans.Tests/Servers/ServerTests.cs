using System.Net;
using MetaML.Extensions.Orleans.Tests.Clusters;
using MetaML.Extensions.Orleans.Tests.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using StackExchange.Redis;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Servers;

/// <summary>Clustering and storage by servers: silos find each other, one is killed under load, and all are replaced.</summary>
public sealed class ServerTests(PostgresServer postgres, RedisServer redis) : IClassFixture<PostgresServer>, IClassFixture<RedisServer>
{
    private const string AdoInvariant = "Npgsql";
    private const int Shops = 6, Visits = 20;

    [PostgresFact]
    public Task Postgres_HoldsTasksWhileSilosDieAndAreReplaced() => Run(silo => silo
        .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (AdoInvariant, postgres.ConnectionString))
        .AddAdoNetGrainStorage("MetaML", options => (options.Invariant, options.ConnectionString) = (AdoInvariant, postgres.ConnectionString)));

    [RedisFact]
    public Task Redis_HoldsTasksWhileSilosDieAndAreReplaced() => Run(silo => silo
        .UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(redis.ConnectionString))
        .AddRedisGrainStorage("MetaML", options => options.ConfigurationOptions = ConfigurationOptions.Parse(redis.ConnectionString)));

    private static async Task Run(Action<ISiloBuilder> configure)
    {
        var models = new TaskCluster.MemoryModelStore();
        string service = $"shops-{Guid.NewGuid():N}";
        float[][] before;
        using (IHost first = await Start("first"))
        {
            IGrainFactory grains = first.Services.GetRequiredService<IGrainFactory>();
            await grains.GetModel(TaskCluster.Model).Publish("v1", SavedModels.Visits);
            await grains.GetModel(TaskCluster.Model).Activate("v1");
            using IHost second = await Start("first");
            Task[] writers = [.. Enumerable.Range(100, Shops).Select(shop => Task.Run(() => Write(grains, shop)))];
            await Task.Delay(500);
            await second.StopAsync(new CancellationToken(canceled: true)); // not as a silo should be stopped
            await Task.WhenAll(writers);
            before = await Scores(grains);
            await first.StopAsync();
        }

        using IHost next = await Start("second");
        IGrainFactory again = next.Services.GetRequiredService<IGrainFactory>();
        Assert.Equal("v1", Assert.Single(await again.GetModel(TaskCluster.Model).List(), version => version.IsActive).Name);
        Assert.Equal(before, await Scores(again));
        for (int shop = 100; shop < 100 + Shops; shop++)
        {
            ITaskGrain task = again.GetTask(TaskCluster.Model, $"shop {shop}");
            Assert.True(await task.Describe() is { RowCount: Visits, Version: "v1" });
            Assert.True((await task.Update(TaskRows.From(Visit.Of(shop, 1)), $"event {Visits - 1}")).IsRepeated);
            Assert.True(await task.Remove());
        }

        await next.StopAsync();

        async Task<IHost> Start(string cluster)
        {
            HostApplicationBuilder builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.UseOrleans(silo =>
            {
                configure(silo);
                silo.ConfigureEndpoints(IPAddress.Loopback, LocalServer.FreePort(), LocalServer.FreePort());
                silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>();
                silo.Services.Configure<ClusterOptions>(options => (options.ServiceId, options.ClusterId) = (service, cluster)); // states belong to the service
                silo.Services.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
                silo.Services.Configure<ClusterMembershipOptions>(options =>
                {
                    options.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                    options.NumMissedProbesLimit = 2;
                    options.TableRefreshTimeout = TimeSpan.FromSeconds(1);
                });
                silo.AddMetaLearning(models, options => options.VersionRefresh = TimeSpan.Zero);
            });
            IHost host = builder.Build();
            await host.StartAsync();
            return host;
        }
    }

    private static async Task Write(IGrainFactory grains, int shop)
    {
        ITaskGrain task = grains.GetTask(TaskCluster.Model, $"shop {shop}");
        for (int i = 0; i < Visits; i++)
        {
            while (true)
            {
                try
                {
                    await task.Update(TaskRows.From(Visit.Of(shop, 1, seed: i)), $"event {i}");
                    break;
                }
                catch (Exception error) when (error is not (ArgumentException or InvalidDataException))
                {
                    await Task.Delay(50);
                }
            }

            await Task.Delay(50);
        }
    }

    private static Task<float[][]> Scores(IGrainFactory grains) =>
        Task.WhenAll(Enumerable.Range(100, Shops).Select(shop => TaskGrainTests.Scores(grains.GetTask(TaskCluster.Model, $"shop {shop}"), Visit.Of(shop, 5, seed: 77))));
}
