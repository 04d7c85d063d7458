// A silo whose clustering and storage the app host configures.
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.AddKeyedRedisClient("redis");
builder.UseOrleans(silo => silo.AddMetaLearning()); // model files lie in the storage too
builder.Build().Run();
