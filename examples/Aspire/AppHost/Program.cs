// Starts Redis in a container, and silos that share it.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orleans;
using Projects;

IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(args);
IResourceBuilder<RedisResource> redis = builder.AddRedis("redis").WithDataVolume().WithPersistence();
OrleansService cluster = builder.AddOrleans("cluster").WithClustering(redis).WithGrainStorage("MetaML", redis);
builder.AddProject<Silo>("silo").WithReference(cluster).WaitFor(redis).WithReplicas(3);
builder.Build().Run();
