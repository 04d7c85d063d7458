// Customers of new shops are posted to a service over HTTP, one at a time and for several shops at once. The service learns each of them at once, forgets some on request, and notices when a shop changes.
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using NewTasksInAService;

const int First = 30, Shops = 12, Customers = 30, Forgotten = 10;
DirectoryInfo folder = Directory.CreateTempSubdirectory("shops-");
string modelPath = Path.Combine(folder.FullName, "model.zip"), shopFolder = Path.Combine(folder.FullName, "shops");
int[] newShops = [.. Enumerable.Range(First, Shops)];

// Before the service starts: learn from the existing shops.
var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Enumerable.Range(0, First).SelectMany(shop => Row.Of(shop, 40, seed: 1)));
var options = new MetaLearnerOptions { LabelColumnName = "Spends", TaskColumnName = "Shop", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true };
ITransformer model = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket").Append(ml.Transforms.NormalizeMeanVariance("Features"))
    .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(training);
ml.MetaLearning().SaveAtomic(model, training.Schema, modelPath);
DateTime modelTime = File.GetLastWriteTimeUtc(modelPath);

// The service needs no native library.
HttpStatusCode stranger;
double[] milliseconds;
double[] afterOne, afterAll, beforeForgetting, afterForgetting;
int rowsUntilNoticed = 0;
double changedError;
float[][] last;
await using (WebApplication service = ShopService.Create(modelPath, shopFolder, "http://127.0.0.1:0"))
{
    await service.StartAsync();
    using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
    stranger = (await client.PostAsJsonAsync($"shops/shop {First}/predictions", Row.Of(First, 1, seed: 3))).StatusCode;

    await Task.WhenAll(newShops.Select(shop => Learn(client, shop, Row.Of(shop, 1, seed: 2))));
    afterOne = await Task.WhenAll(newShops.Select(shop => Error(client, shop)));
    milliseconds = [.. (await Task.WhenAll(newShops.Select(shop => Learn(client, shop, Row.Of(shop, Customers, seed: 2)[1..])))).SelectMany(times => times).Order()];
    afterAll = await Task.WhenAll(newShops.Select(shop => Error(client, shop)));

    // Ten more customers of each shop come, and demand to be forgotten.
    beforeForgetting = await Scores(client, newShops[0]);
    await Task.WhenAll(newShops.Select(shop => Learn(client, shop, Row.Of(shop, Forgotten, seed: 4))));
    await Task.WhenAll(newShops.Select(shop => Forget(client, shop, Row.Of(shop, Forgotten, seed: 4))));
    afterForgetting = await Scores(client, newShops[0]);

    // One shop gets other customers. The service is not told.
    foreach (Row row in Row.Of(First, 20, seed: 5, taste: 1))
    {
        rowsUntilNoticed++;
        if ((await Post<Learned>(client, $"shops/shop {First}/customers", row)).HasChanged)
            break;
    }

    await Learn(client, First, Row.Of(First, 20, seed: 5, taste: 1)[rowsUntilNoticed..]);
    changedError = await Error(client, First, taste: 1);
    last = await Task.WhenAll(newShops.Select(async shop => Array.ConvertAll(await Scores(client, shop), score => (float)score)));
    await service.StopAsync();
}

bool isIdentical;
await using (WebApplication service = ShopService.Create(modelPath, shopFolder, "http://127.0.0.1:0"))
{
    await service.StartAsync();
    using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
    float[][] restarted = await Task.WhenAll(newShops.Select(async shop => Array.ConvertAll(await Scores(client, shop), score => (float)score)));
    isIdentical = restarted.Zip(last).All(pair => pair.First.SequenceEqual(pair.Second));
    await service.StopAsync();
}

double forgettingDifference = beforeForgetting.Zip(afterForgetting).Max(pair => Math.Abs(pair.First - pair.Second));
long bytes = Directory.EnumerateFiles(shopFolder).Max(file => new FileInfo(file).Length);
bool isModelUntouched = File.GetLastWriteTimeUtc(modelPath) == modelTime;
folder.Delete(recursive: true);

Console.WriteLine($"status for a shop without customers: {(int)stranger}");
Console.WriteLine($"{Shops} shops at once, customers one at a time: learned and saved after {milliseconds[milliseconds.Length / 2]:F1} ms (median), {milliseconds[milliseconds.Length * 99 / 100]:F1} ms (99 %)");
Console.WriteLine($"error (RMSE) on 200 other customers of each shop: {afterOne.Average():F1} after 1 customer, {afterAll.Average():F1} after {Customers}; the noise is 3.0");
Console.WriteLine($"{Forgotten} customers of each shop learned and forgotten: predictions differ from those before by at most {forgettingDifference:F4}");
Console.WriteLine($"a shop whose customers changed: noticed after {rowsUntilNoticed} of the new customers, error {changedError:F1} after 20");
Console.WriteLine($"a shop's file has {bytes} bytes; the model file was {(isModelUntouched ? "not written again" : "WRITTEN AGAIN")}");
Console.WriteLine($"predictions after a restart: {(isIdentical ? "identical" : "DIFFERENT")}");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "NewTasksInAService",
    shops = Shops,
    rmse_after_1 = Math.Round(afterOne.Average(), 2),
    rmse_after_30 = Math.Round(afterAll.Average(), 2),
    stranger = (int)stranger,
    forgetting_difference = Math.Round(forgettingDifference, 5),
    rows_until_noticed = rowsUntilNoticed,
    rmse_changed = Math.Round(changedError, 2),
    shop_bytes = bytes,
    model_untouched = isModelUntouched,
    restarted_identical = isIdentical,
}));

static async Task<T> Post<T>(HttpClient client, string address, object body)
{
    HttpResponseMessage response = await client.PostAsJsonAsync(address, body);
    return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>())!;
}

static async Task<double[]> Learn(HttpClient client, int shop, Row[] rows)
{
    var milliseconds = new List<double>();
    foreach (Row row in rows)
    {
        var clock = Stopwatch.StartNew();
        await Post<Learned>(client, $"shops/shop {shop}/customers", row);
        milliseconds.Add(clock.Elapsed.TotalMilliseconds);
    }

    return [.. milliseconds];
}

static async Task Forget(HttpClient client, int shop, Row[] rows)
{
    foreach (Row row in rows)
        (await client.PostAsJsonAsync($"shops/shop {shop}/forgotten", row)).EnsureSuccessStatusCode();
}

static async Task<double[]> Scores(HttpClient client, int shop) =>
    [.. (await Post<Prediction[]>(client, $"shops/shop {shop}/predictions", Row.Of(shop, 200, seed: 3))).Select(prediction => (double)prediction.Score)];

static async Task<double> Error(HttpClient client, int shop, int taste = 0)
{
    Row[] rows = Row.Of(shop, 200, seed: 3, taste);
    Prediction[] predictions = await Post<Prediction[]>(client, $"shops/shop {shop}/predictions", rows);
    return Math.Sqrt(rows.Zip(predictions).Average(pair => Math.Pow(pair.First.Spends - pair.Second.Score, 2)));
}
