using System.Diagnostics;
using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Kills a training process and a saving process at 20 random times, and runs both with a full disk. The training must end with the same bits. The saved file must always be complete.</summary>
internal static class Checkpoints
{
    private const int Kills = 20;

    public static void Run()
    {
        var clock = Stopwatch.StartNew();
        var (steps, sameBits) = InterruptedTraining.Kill(Kills, new Random(1));
        var (warning, sameBitsOnFullDisk) = InterruptedTraining.FillDisk();
        var (wrongFiles, unfinished) = InterruptedSaving.Kill(Kills, new Random(2));
        var (error, isWhole) = InterruptedSaving.FillDisk();
        Console.WriteLine(warning);
        Console.WriteLine(error);
        Result.Print(new
        {
            reliability = "checkpoints",
            kills = Kills,
            steps,
            of_steps = InterruptedTraining.Steps,
            same_bits = sameBits,
            same_bits_on_full_disk = sameBitsOnFullDisk && warning is not null,
            saves_killed = Kills,
            wrong_files = wrongFiles,
            unfinished_files = unfinished,
            whole_on_full_disk = isWhole && error.Length > 0,
            seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        });
    }
}
