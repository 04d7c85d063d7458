// New shops send a few labelled customers to a service over HTTP, several shops at once. The service then predicts with a head for each shop.
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.ML;
using NewTasksInAService;

string path = args.FirstOrDefault() ?? Path.Combine(Path.GetTempPath(), $"shops-{Environment.ProcessId}.zip");
int[] newShops = [.. Enumerable.Range(30, 12)];

// Before the service starts: learn from the existing shops.
var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 30).SelectMany(shop => Row.Of(shop, 40, seed: 1)));
ITransformer model = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket")
    .Append(ml.BinaryClassification.Trainers.MetaLearner("Returns", taskColumnName: "Shop")).Fit(training);
ml.MetaLearning().SaveAtomic(model, training.Schema, path);

// The service needs no native library. After a restart it still knows the shops that it learned.
double[] accuracies;
var milliseconds = new double[newShops.Length];
HttpStatusCode unknownShop;
await using (WebApplication service = ShopService.Create(path, "http://127.0.0.1:0"))
{
    await service.StartAsync();
    using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
    unknownShop = (await client.PostAsJsonAsync("shops/shop 30/predictions", Row.Of(30, 1, seed: 3))).StatusCode;
    await Task.WhenAll(newShops.Select(async (shop, i) =>
    {
        var clock = Stopwatch.StartNew();
        (await client.PutAsJsonAsync($"shops/shop {shop}/support", Row.Of(shop, 10, seed: 2))).EnsureSuccessStatusCode();
        milliseconds[i] = clock.Elapsed.TotalMilliseconds;
    }));
    accuracies = await Task.WhenAll(newShops.Select(shop => Accuracy(client, shop)));
    await service.StopAsync();
}

double[] afterRestart;
await using (WebApplication service = ShopService.Create(path, "http://127.0.0.1:0"))
{
    await service.StartAsync();
    using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
    afterRestart = await Task.WhenAll(newShops.Select(shop => Accuracy(client, shop)));
    await service.StopAsync();
}

if (args.Length == 0)
    File.Delete(path);

Console.WriteLine($"status for a shop that has sent no support: {(int)unknownShop}");
Console.WriteLine($"{newShops.Length} shops at once, 10 rows each: learned and saved after {milliseconds.Min():F0} to {milliseconds.Max():F0} ms");
Console.WriteLine($"accuracy on 200 other customers of each: {accuracies.Average():F3} on average, {accuracies.Min():F3} for the worst shop");
Console.WriteLine($"accuracies after a restart: {(accuracies.SequenceEqual(afterRestart) ? "identical" : "DIFFERENT")}");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "NewTasksInAService",
    shops = newShops.Length,
    accuracy = Math.Round(accuracies.Average(), 4),
    stranger = (int)unknownShop,
    restarted_identical = accuracies.SequenceEqual(afterRestart),
}));

static async Task<double> Accuracy(HttpClient client, int shop)
{
    Row[] rows = Row.Of(shop, 200, seed: 3);
    HttpResponseMessage response = await client.PostAsJsonAsync($"shops/shop {shop}/predictions", rows);
    Prediction[] predictions = (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Prediction[]>())!;
    return rows.Zip(predictions).Average(pair => pair.First.Returns == pair.Second.PredictedLabel ? 1.0 : 0.0);
}
