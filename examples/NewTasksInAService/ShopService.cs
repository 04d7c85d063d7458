using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace NewTasksInAService;

/// <summary>Knows shops by what they sent: one model with a head for each, in memory and on disk.</summary>
/// <remarks>
/// A model never changes, and its Transform may be called by any number of threads: readers take whichever is the latest.
/// Writers take turns, so that none undoes what another has learned, and a shop is on disk before it is told that it is known.
/// </remarks>
internal sealed class ShopService(string path) : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly SemaphoreSlim _learning = new(1); // a lock would hold a thread of the pool for each writer that waits
    private volatile ITransformer _model = new MLContext().Model.Load(path, out _);

    /// <summary>Learns a shop from its labelled rows, or learns it anew.</summary>
    public async Task Learn(string shop, Row[] support)
    {
        IDataView rows = Rows(shop, support);
        await _learning.WaitAsync();
        try
        {
            ITransformer adapted = _ml.MetaLearning().Adapt(_model, rows);
            _ml.MetaLearning().SaveAtomic(adapted, rows.Schema, path);
            _model = adapted;
        }
        finally
        {
            _learning.Release();
        }
    }

    /// <summary>Predictions for rows of a shop; null where the shop is unknown.</summary>
    public Prediction[]? Predict(string shop, Row[] rows)
    {
        ITransformer model = _model;
        var learner = (MetaLearnerTransformer)((TransformerChain<ITransformer>)model).LastTransformer;
        return learner.TaskNames.Contains(shop)
            ? [.. _ml.Data.CreateEnumerable<Prediction>(model.Transform(Rows(shop, rows)), reuseRowObject: false)]
            : null;
    }

    /// <summary>The service's addresses: PUT /shops/{shop}/support, POST /shops/{shop}/predictions.</summary>
    public static WebApplication Create(string path, string url)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        builder.Services.AddSingleton(_ => new ShopService(path));
        WebApplication application = builder.Build();
        application.MapPut("/shops/{shop}/support", async (ShopService service, string shop, Row[] rows) =>
        {
            if (rows.Length == 0)
                return Results.BadRequest("Support must have at least one labelled row.");
            await service.Learn(shop, rows);
            return Results.NoContent();
        });
        application.MapPost("/shops/{shop}/predictions", (ShopService service, string shop, Row[] rows) =>
            service.Predict(shop, rows) is { } predictions ? Results.Ok(predictions) : Results.NotFound($"\"{shop}\" has sent no support."));
        return application;
    }

    public void Dispose() => _learning.Dispose();

    private IDataView Rows(string shop, Row[] rows) => _ml.Data.LoadFromEnumerable(rows.Select(row => new Row { Shop = shop, Age = row.Age, Visits = row.Visits, Basket = row.Basket, Returns = row.Returns }));
}
