using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace NewTasksInAService;

/// <summary>Learns shops and predicts for them, with one model that has a head for each shop.</summary>
/// <remarks>
/// A model is immutable, and any number of threads may call its Transform. Predictions use the newest model. Shops are learned
/// one at a time, so that no shop is lost. A new model is saved before the request is confirmed.
/// </remarks>
internal sealed class ShopService(string path) : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly SemaphoreSlim _learning = new(1); // a lock would block one thread of the pool for each waiting request
    private volatile ITransformer _model = new MLContext().Model.Load(path, out _);

    /// <summary>Learns a shop from its labelled rows. The rows of a known shop replace its earlier rows.</summary>
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

    /// <summary>Predicts rows of a shop. Returns null if the shop is unknown.</summary>
    public Prediction[]? Predict(string shop, Row[] rows)
    {
        ITransformer model = _model;
        var learner = (MetaLearnerTransformer)((TransformerChain<ITransformer>)model).LastTransformer;
        return learner.TaskNames.Contains(shop)
            ? [.. _ml.Data.CreateEnumerable<Prediction>(model.Transform(Rows(shop, rows)), reuseRowObject: false)]
            : null;
    }

    /// <summary>Creates the web service with the addresses PUT /shops/{shop}/support and POST /shops/{shop}/predictions.</summary>
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
