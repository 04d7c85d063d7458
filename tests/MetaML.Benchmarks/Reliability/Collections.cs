using System.Diagnostics;
using MetaML.TestKit;
using Microsoft.ML;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Trains with every kind of adapter during frequent garbage collections. An object that native code uses without a reference would be freed and change the result.</summary>
internal static class Collections
{
    private const double Minutes = 5;
    private const int MillisecondsBetween = 2;

    public static void Run()
    {
        TrainerCase[] trainers = [new("binary", "Answer"), new("multiclass", "Key"), new("regression", "Value")];
        AdapterOptions[] adapters = [new RidgeAdapterOptions(), new BayesianAdapterOptions(), new GradientAdapterOptions(), new GradientAdapterOptions { Scope = GradientScope.All }];
        var clock = Stopwatch.StartNew();
        long collections = 0;
        bool isOver = false;
        var collector = new Thread(() =>
        {
            for (; !Volatile.Read(ref isOver); collections++)
            {
                GC.Collect(collections % 10 == 0 ? 2 : 0, GCCollectionMode.Forced, blocking: true);
                Thread.Sleep(MillisecondsBetween);
            }
        });
        collector.Start();
        int fits = 0, wrong = 0;
        var first = new Dictionary<(string, string), byte[]>();
        while (clock.Elapsed.TotalMinutes < Minutes)
        {
            foreach (TrainerCase trainer in trainers)
            {
                foreach (AdapterOptions adapter in adapters)
                {
                    MLContext ml = TrainerCase.NewContext();
                    IDataView rows = trainer.Data(ml, Some.Tasks());
                    byte[] saved = [.. ZipFiles.Read(SavedModels.Save(ml, trainer.Trainer(ml, trainer.Options(adapter, iterations: 10)).Fit(rows), rows.Schema)).SelectMany(entry => entry.Content)];
                    wrong += first.TryAdd((trainer.Name, adapter.ToString()), saved) || first[(trainer.Name, adapter.ToString())].AsSpan().SequenceEqual(saved) ? 0 : 1;
                    fits++;
                }
            }
        }

        Volatile.Write(ref isOver, true);
        collector.Join();
        Result.Print(new { reliability = "gc", fits, wrong, collections, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }
}
