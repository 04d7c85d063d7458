using System.Diagnostics;
using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Adapts, scores, saves, loads and disposes for half an hour, like a service. Memory and the number of handles must not grow.</summary>
internal static class Soak
{
    private const double Minutes = 30, WarmUpMinutes = 3;
    private const int Blocks = 10;

    public static void Run()
    {
        var use = new SharedUse();
        var clock = Stopwatch.StartNew();
        var samples = new List<(double Hours, double Managed, double Resident, int Handles)>();
        long uses = 0, wrong = 0;
        double next = WarmUpMinutes;
        while (clock.Elapsed.TotalMinutes < Minutes)
        {
            for (int way = 0; way < use.Count; way++, uses++)
                wrong += use.Agrees(way) ? 0 : 1;
            if (clock.Elapsed.TotalMinutes < next)
                continue;
            next = clock.Elapsed.TotalMinutes + 0.25;
            double managed = GC.GetTotalMemory(forceFullCollection: true) / 1048576.0;
            using var process = Process.GetCurrentProcess();
            int handles = Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount;
            samples.Add((clock.Elapsed.TotalHours, managed, process.WorkingSet64 / 1048576.0, handles));
        }

        var (managedSlope, managedWidth, _) = Slope([.. samples.Select(sample => (sample.Hours, sample.Managed))]);
        var (residentSlope, residentWidth, _) = Slope([.. samples.Select(sample => (sample.Hours, sample.Resident))]);
        Result.Print(new
        {
            reliability = "soak",
            uses,
            wrong,
            managed_mib_per_hour = Math.Round(managedSlope, 2),
            managed_ci = Math.Round(managedWidth, 2),
            resident_mib_per_hour = Math.Round(residentSlope, 2),
            resident_ci = Math.Round(residentWidth, 2),
            handles_first = samples[0].Handles,
            handles_last = samples[^1].Handles,
            seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        });
    }

    // Consecutive samples are not independent. The interval is therefore over the slopes of blocks.
    private static MeanInterval Slope((double X, double Y)[] points) => MeanInterval.Of([.. points.Chunk(Math.Max(3, points.Length / Blocks)).Where(block => block.Length >= 3).Select(LeastSquares)]);

    private static double LeastSquares((double X, double Y)[] points)
    {
        double x = points.Average(point => point.X), y = points.Average(point => point.Y);
        return points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
    }
}
