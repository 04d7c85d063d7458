using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Reliability;

/// <summary>The short form of the benchmarks "concurrency" and "soak".</summary>
[Collection("by itself")]
public sealed class SharedUseTests
{
    [Fact]
    public void OneModel_ManyThreadsInEveryWay_AgreeWithOne()
    {
        var use = new SharedUse();
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 32).Select(t => new Thread(() =>
        {
            for (int way = t; way < t + use.Count; way++)
                Interlocked.Add(ref wrong, use.Agrees(way) ? 0 : 1);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void TwoFits_AtOnce_GiveTheBitsOfEachAlone()
    {
        var trainer = new TrainerCase("binary", "Answer");
        byte[] Fit(int seed)
        {
            var ml = new MLContext(seed);
            IDataView rows = trainer.Data(ml, Some.Tasks(seed: seed));
            return [.. ZipFiles.Read(SavedModels.Save(ml, trainer.Trainer(ml).Fit(rows), rows.Schema)).SelectMany(entry => entry.Content)];
        }

        byte[][] alone = [Fit(1), Fit(2)];
        Assert.NotEqual(alone[0], alone[1]);
        byte[][] together = new byte[2][];
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(i => new Thread(() => together[i] = Fit(i + 1)))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);
    }

    [Fact]
    public void ManyUses_OneAfterTheOther_LeaveNoMemoryAndNoHandles()
    {
        var use = new SharedUse();
        long Managed(int uses)
        {
            for (int i = 0; i < uses; i++)
                Assert.True(use.Agrees(i));
            return GC.GetTotalMemory(forceFullCollection: true);
        }

        Managed(40);
        int Handles() => Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
        int handles = Handles();
        long before = Managed(40), after = Managed(200);
        Assert.InRange(after - before, long.MinValue, 4 << 20);
        Assert.InRange(Handles() - handles, int.MinValue, 8);
    }
}
