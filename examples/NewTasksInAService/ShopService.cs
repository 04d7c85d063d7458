using System.Collections.Concurrent;
using MetaML;
using Microsoft.ML;

namespace NewTasksInAService;

/// <summary>Learns shops row by row and predicts for them, with one model that has a head for each shop.</summary>
/// <remarks>
/// The model file is never written again. Each shop has a small file of its own, with its head and its statistics. It is replaced before a
/// request is confirmed, so that a restart loses nothing that was confirmed.
/// </remarks>
internal sealed class ShopService : IDisposable
{
    private readonly string _folder;
    private readonly LiveTasks<Row, Prediction> _shops;
    private readonly ConcurrentDictionary<string, Lock> _files = new();

    /// <summary>Loads the model and the shops that were learned before.</summary>
    /// <param name="modelPath">The model.</param>
    /// <param name="folder">The folder of the files of the shops.</param>
    public ShopService(string modelPath, string folder)
    {
        var ml = new MLContext(seed: 1);
        _folder = Directory.CreateDirectory(folder).FullName;
        _shops = ml.MetaLearning().LiveTasks<Row, Prediction>(ml.Model.Load(modelPath, out _), new UpdateOptions { Drift = DriftResponse.RestartFromPrior });
        foreach (string file in Directory.EnumerateFiles(_folder, "*.task"))
            _shops.ImportTask(File.ReadAllBytes(file));
    }

    /// <summary>Adds a customer to those of a shop. A shop that is unknown is learned from the customer.</summary>
    public Learned Learn(string shop, Row row)
    {
        row.Shop = shop;
        DriftAlarm? alarm = _shops.Update(row);
        SaveShop(shop);
        return new Learned(HasChanged: alarm is not null);
    }

    /// <summary>Takes a customer away from those of a shop, for example because the customer demands it.</summary>
    public void Forget(string shop, Row row)
    {
        row.Shop = shop;
        _shops.Forget(row);
        SaveShop(shop);
    }

    /// <summary>Predicts for customers of a shop. Returns null if the shop is unknown.</summary>
    public Prediction[]? Predict(string shop, Row[] rows)
    {
        foreach (Row row in rows)
            row.Shop = shop;
        return _shops.KnowsTask(shop) ? [.. rows.Select(_shops.Predict)] : null;
    }

    /// <summary>Creates the web service with the addresses POST /shops/{shop}/customers, /shops/{shop}/forgotten and /shops/{shop}/predictions.</summary>
    public static WebApplication Create(string modelPath, string folder, string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddSingleton(_ => new ShopService(modelPath, folder));
        WebApplication application = builder.Build();
        application.MapPost("/shops/{shop}/customers", (ShopService service, string shop, Row row) => service.Learn(shop, row));
        application.MapPost("/shops/{shop}/forgotten", (ShopService service, string shop, Row row) =>
        {
            try
            {
                service.Forget(shop, row);
                return Results.NoContent();
            }
            catch (InvalidOperationException error) // the shop never had such a customer
            {
                return Results.BadRequest(error.Message);
            }
        });
        application.MapPost("/shops/{shop}/predictions", (ShopService service, string shop, Row[] rows) =>
            service.Predict(shop, rows) is { } predictions ? Results.Ok(predictions) : Results.NotFound($"\"{shop}\" has no customers."));
        return application;
    }

    public void Dispose() => _shops.Dispose();

    // The state is read inside the lock, so that the last file of a shop has its last state. A rename replaces the whole file.
    private void SaveShop(string shop)
    {
        string path = Path.Combine(_folder, $"{Uri.EscapeDataString(shop)}.task");
        lock (_files.GetOrAdd(shop, _ => new Lock()))
        {
            File.WriteAllBytes($"{path}.new", _shops.ExportTask(shop));
            File.Move($"{path}.new", path, overwrite: true);
        }
    }
}
