using System.Collections.Concurrent;
using MetaML.Extensions.Orleans.Tests.Clusters;
using Microsoft.ML;
using Orleans.TestingHost;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Tasks;

/// <summary>Silos that are killed while tasks are updated.</summary>
public sealed class SiloKillTests
{
    private const int Kills = 20, Tasks = 6, WritersOfATask = 2;

    [Fact]
    public async Task Updates_WhileSilosAreKilled_AreNeitherLostNorCountedTwice()
    {
        await using TaskCluster cluster = await TaskCluster.Start(silos: 3);
        using var stop = new CancellationTokenSource();
        var rows = new ConcurrentDictionary<string, ConcurrentBag<Visit>>();
        int failures = 0;
        Task[] writers = [.. Enumerable.Range(0, Tasks * WritersOfATask).Select(writer => Task.Run(() => Write(writer)))];
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(200);
            InProcessSiloHandle victim = cluster.Silos.Silos[kill % cluster.Silos.Silos.Count];
            await cluster.Silos.KillSiloAsync(victim);
            await cluster.Silos.StartAdditionalSiloAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        var ml = new MLContext(seed: 1);
        ITransformer model = ml.Model.Load(new MemoryStream(SavedModels.Visits), out _);
        foreach (var (name, added) in rows)
        {
            Assert.Equal(added.Count, (await cluster.Task(name).Describe()).RowCount);
            ITransformer expected = ml.MetaLearning().Update(model, ml.Data.LoadFromEnumerable(added));
            Visit[] queries = Visit.Of(int.Parse(name[5..], System.Globalization.CultureInfo.InvariantCulture), 3, seed: 9999);
            Assert.All(TaskGrainTests.Scores(ml, expected, queries).Zip(await TaskGrainTests.Scores(cluster.Task(name), queries)), pair => Assert.Equal(pair.First, pair.Second, 1e-2f)); // the order of the rows differs
        }

        Assert.Equal(Tasks, rows.Count);
        Assert.True(failures > 0, "no call failed, so that no silo was killed under load");

        async Task Write(int writer)
        {
            int shop = 100 + writer / WritersOfATask;
            ITaskGrain task = cluster.Task($"shop {shop}");
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                Visit visit = Visit.Of(shop, 1, seed: 1 + i * WritersOfATask + writer % WritersOfATask)[0];
                while (true)
                {
                    try
                    {
                        await task.Update(TaskRows.From([visit]), $"{writer}: {i}");
                        break;
                    }
                    catch (Exception error) when (error is not (ArgumentException or InvalidDataException))
                    {
                        Interlocked.Increment(ref failures);
                        await Task.Delay(20);
                    }
                }

                rows.GetOrAdd(visit.Shop, _ => []).Add(visit);
                await Task.Delay(5);
            }
        }
    }
}
