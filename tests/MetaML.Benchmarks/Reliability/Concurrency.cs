using System.Diagnostics;
using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>32 threads use one model at once for ten minutes, with all operations. Each result must be the same as without other threads.</summary>
internal static class Concurrency
{
    private const int Threads = 32;
    private static readonly TimeSpan s_time = TimeSpan.FromMinutes(10);

    public static void Run()
    {
        var use = new SharedUse();
        var clock = Stopwatch.StartNew();
        long done = 0, wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int way = t; clock.Elapsed < s_time; way++)
            {
                if (!use.Agrees(way))
                    Interlocked.Increment(ref wrong);
                Interlocked.Increment(ref done);
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Result.Print(new { reliability = "concurrency", threads = Threads, uses = done, wrong, seconds = Math.Round(clock.Elapsed.TotalSeconds, 1) });
    }
}
