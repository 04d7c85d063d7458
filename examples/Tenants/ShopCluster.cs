using System.Net;
using MetaML;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;

namespace Tenants;

/// <summary>The silos, and the web service in front of them.</summary>
internal static class ShopCluster
{
    public const string Model = "spending";

    /// <summary>Adds a silo that shares its folder with the others.</summary>
    /// <param name="host">The host.</param>
    /// <param name="folder">Contains models and states.</param>
    /// <param name="port">The port of the silo; the next one is that of its gateway.</param>
    /// <param name="first">The port of the first silo.</param>
    public static void AddSilo(IHostApplicationBuilder host, string folder, int port, int first)
    {
        host.Logging.ClearProviders();
        host.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, port + 1, new IPEndPoint(IPAddress.Loopback, first))
                .AddMetaLearning(new FolderModelStore(Path.Combine(folder, "models")));
            silo.Services.AddKeyedSingleton<IGrainStorage>("MetaML", (services, name) =>
                new FolderStorage(Path.Combine(folder, "states"), services.GetRequiredKeyedService<IGrainStorageSerializer>(name)));
            silo.Services.AddSingleton<PlacementStrategy, RandomPlacement>(); // shops spread evenly over silos
            silo.Services.Configure<ClusterMembershipOptions>(options => // a dead silo is noticed within seconds
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
            });
        });
    }

    /// <summary>Creates the service with the addresses POST /shops/{shop}/customers and /shops/{shop}/predictions, and GET /shops/{shop}. A real service checks here who may call for which shop.</summary>
    public static WebApplication Create(string folder, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        AddSilo(builder, folder, port, port);
        WebApplication service = builder.Build();
        service.MapPost("/shops/{shop}/customers", (IGrainFactory grains, string shop, string id, Customer customer) =>
            Answer(async () => await Task(grains, shop).Update(Rows(shop, [customer]), id)));
        service.MapPost("/shops/{shop}/predictions", (IGrainFactory grains, string shop, Customer[] customers) =>
            Answer(async () => (await Task(grains, shop).Predict(Rows(shop, customers))).Rows["Score"].Get<float>()));
        service.MapGet("/shops/{shop}", (IGrainFactory grains, string shop) => Answer(async () => await Task(grains, shop).Describe()));
        return service;
    }

    private static ITaskGrain Task(IGrainFactory grains, string shop) => grains.GetTask(Model, shop);

    private static TaskRows Rows(string shop, Customer[] customers)
    {
        Array.ForEach(customers, customer => customer.Shop = shop);
        return TaskRows.From(customers);
    }

    private static async Task<IResult> Answer<T>(Func<Task<T>> call)
    {
        try
        {
            return Results.Ok(await call());
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            return Results.BadRequest(error.Message);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException) // a silo has died: ask again
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }
}
