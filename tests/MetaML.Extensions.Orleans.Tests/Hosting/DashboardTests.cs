using System.Net;
using MetaML.Extensions.Orleans.Tests.Clusters;
using MetaML.Extensions.Orleans.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Dashboard;
using Orleans.Hosting;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Hosting;

/// <summary>The Orleans Dashboard shows the grains.</summary>
public sealed class DashboardTests
{
    [Fact]
    public async Task Dashboard_ShowsTaskGrainsAndTheirMethods()
    {
        int silo = LocalServer.FreePort();
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.UseOrleans(configured => configured
            .UseLocalhostClustering(silo, LocalServer.FreePort(), new IPEndPoint(IPAddress.Loopback, silo))
            .AddMemoryGrainStorage("MetaML")
            .AddMetaLearning()
            .AddDashboard());
        await using WebApplication host = builder.Build();
        host.MapOrleansDashboard();
        await host.StartAsync();
        IGrainFactory grains = host.Services.GetRequiredService<IGrainFactory>();
        await grains.GetModel(TaskCluster.Model).Publish("v1", SavedModels.Visits);
        await grains.GetModel(TaskCluster.Model).Activate("v1");
        await grains.GetTask(TaskCluster.Model, "shop 100").Update(TaskRows.From(Visit.Of(100, 3)));
        using var client = new HttpClient { BaseAddress = new Uri(host.Urls.Single()) };
        string shown = "";
        for (int attempt = 0; attempt < 100 && !shown.Contains("TaskGrain", StringComparison.Ordinal); attempt++)
        {
            await Task.Delay(200);
            shown = await client.GetStringAsync("DashboardCounters");
        }

        Assert.Contains("MetaML.Extensions.Orleans.Tasks.TaskGrain", shown, StringComparison.Ordinal);
        await host.StopAsync();
    }
}
