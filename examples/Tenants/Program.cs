// Shops as Orleans grains: a service learns new shops over HTTP on two silos, while one of the silos is killed and replaced.
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Orleans.Runtime;
using Tenants;

const int Trained = 30, Shops = 40, Customers = 25;

if (args is ["silo", var path, var own, var primary]) // the second silo is a process of its own
{
    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    ShopCluster.AddSilo(builder, path, int.Parse(own), int.Parse(primary));
    using IHost silo = builder.Build();
    await silo.StartAsync();
    Console.WriteLine("started");
    await Console.In.ReadLineAsync(); // until the first process ends, too
    await silo.StopAsync();
    return;
}

DirectoryInfo folder = Directory.CreateTempSubdirectory("tenants-");
int[] shops = [.. Enumerable.Range(Trained, Shops)];

// Learn from the existing shops.
var ml = new MLContext(seed: 1);
IDataView training = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Trained).SelectMany(shop => Customer.Of(shop, 40, seed: 1)));
var options = new MetaLearnerOptions { LabelColumnName = "Spends", TaskColumnName = "Shop", Encoder = new IdentityEncoderOptions(), Adapter = new BayesianAdapterOptions(), KeepStatistics = true };
ITransformer model = ml.Transforms.Concatenate("Features", "Age", "Visits", "Basket").Append(ml.Transforms.NormalizeMeanVariance("Features"))
    .Append(ml.Regression.Trainers.MetaLearner(options)).Fit(training);
using var file = new MemoryStream();
ml.Model.Save(model, training.Schema, file);

// The service with the first silo, and the second silo.
int port = FreePort();
await using WebApplication service = ShopCluster.Create(folder.FullName, port);
await service.StartAsync();
IGrainFactory grains = service.Services.GetRequiredService<IGrainFactory>();
await grains.GetModel(ShopCluster.Model).Publish("v1", file.ToArray());
await grains.GetModel(ShopCluster.Model).Activate("v1");
Process second = await StartSilo();
using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };

// Customers of the new shops come one at a time, for all shops at once. A request without a confirmation is repeated.
int confirmed = 0, repeated = 0;
var clock = Stopwatch.StartNew();
Task learning = Task.WhenAll(shops.Select(async shop =>
{
    Customer[] customers = Customer.Of(shop, Customers, seed: 2);
    for (int i = 0; i < Customers; i++)
    {
        while (!(await client.PostAsJsonAsync($"shops/shop {shop}/customers?id=customer {i}", customers[i])).IsSuccessStatusCode)
        {
            Interlocked.Increment(ref repeated);
            await Task.Delay(100);
        }

        Interlocked.Increment(ref confirmed);
    }
}));
while (Volatile.Read(ref confirmed) < Shops * Customers / 3)
    await Task.Delay(1);
int onSecond = await CountOnSecond();
second.Kill(entireProcessTree: true);
double killedAfter = clock.Elapsed.TotalSeconds;
int confirmedAtKill = Volatile.Read(ref confirmed);
await second.WaitForExitAsync();
second = await StartSilo();
await learning;
double seconds = clock.Elapsed.TotalSeconds;

int lost = 0, twice = 0;
double error = 0;
float[][] before = new float[Shops][];
for (int s = 0; s < Shops; s++)
{
    int rows = (await client.GetFromJsonAsync<JsonElement>($"shops/shop {shops[s]}")).GetProperty("rowCount").GetInt32();
    (lost, twice) = (lost + Math.Max(0, Customers - rows), twice + Math.Max(0, rows - Customers));
    before[s] = await Predict(shops[s]);
    error += Math.Sqrt(Customer.Of(shops[s], 200, seed: 3).Zip(before[s]).Average(pair => Math.Pow(pair.First.Spends - pair.Second, 2))) / Shops;
}

// The second silo ends as a silo should; its shops go to the first.
await second.StandardInput.WriteLineAsync();
await second.WaitForExitAsync();
bool isIdentical = true;
for (int s = 0; s < Shops; s++)
{
    float[] after = await Predict(shops[s]);
    isIdentical &= after.SequenceEqual(before[s]);
}

long bytes = Directory.EnumerateFiles(Path.Combine(folder.FullName, "states", "task")).Max(each => new FileInfo(each).Length);
await service.StopAsync();
folder.Delete(recursive: true);

Console.WriteLine($"{Shops} new shops on two silos, {onSecond} of them on the second when it was killed, {killedAfter:F1} s after the start and {confirmedAtKill} confirmed customers");
Console.WriteLine($"{confirmed} customers confirmed after {seconds:F1} s; {repeated} requests were repeated because a silo had died");
Console.WriteLine($"customers lost: {lost}, counted twice: {twice}");
Console.WriteLine($"error (RMSE) on 200 other customers of each shop: {error:F1}; the noise is 3.0");
Console.WriteLine($"predictions after all shops moved to one silo: {(isIdentical ? "identical" : "DIFFERENT")}");
Console.WriteLine($"the stored state of a shop has at most {bytes} bytes");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "Tenants",
    shops = Shops,
    confirmed,
    on_killed_silo = onSecond,
    repeated,
    lost,
    twice,
    rmse = Math.Round(error, 2),
    identical = isIdentical,
    state_bytes = bytes,
    seconds = Math.Round(seconds, 1),
}));

async Task<float[]> Predict(int shop)
{
    HttpResponseMessage response = await client.PostAsJsonAsync($"shops/shop {shop}/predictions", Customer.Of(shop, 200, seed: 3));
    return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<float[]>())!;
}

// The number of shops on the second silo.
async Task<int> CountOnSecond()
{
    SiloAddress first = service.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
    DetailedGrainStatistic[] active = await grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
    return active.Count(each => each.GrainId.Type.ToString() == "metaml.task" && !each.SiloAddress.Equals(first));
}

async Task<Process> StartSilo()
{
    int other = FreePort();
    Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. Entry(), "silo", folder.FullName, $"{other}", $"{port}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    if (await process.StandardOutput.ReadLineAsync() != "started")
        throw new InvalidOperationException("The second silo did not start.");
    return process;
}

// Of a program that `dotnet` runs: its assembly.
static string[] Entry() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];

// Two free ports, one after the other.
static int FreePort()
{
    while (true)
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        int port = ((IPEndPoint)first.LocalEndpoint).Port;
        try
        {
            using var next = new TcpListener(IPAddress.Loopback, port + 1);
            next.Start();
            return port;
        }
        catch (SocketException)
        {
        }
    }
}
