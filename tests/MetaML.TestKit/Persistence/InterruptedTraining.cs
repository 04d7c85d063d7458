using System.Diagnostics;

namespace MetaML.TestKit;

/// <summary>A training in another process, which is killed at random moments and goes on from its checkpoint.</summary>
internal static class InterruptedTraining
{
    /// <summary>Outer steps of the whole training.</summary>
    public const int Steps = 300;

    private const string Project = "tests/MetaML.TrainingProcess";

    /// <summary>What is killed in the middle of a step or of writing a checkpoint ends in the bits of what runs through.</summary>
    /// <param name="kills">How often it is killed.</param>
    /// <param name="random">When.</param>
    /// <returns>How many steps it took in all, and whether the bits are the same.</returns>
    public static (int Steps, bool SameBits) Kill(int kills, Random random)
    {
        using var folder = new TemporaryFolder();
        string expected = Finish(folder["whole.checkpoint"], out _);
        int steps = 0;
        for (int i = 0; i < kills; i++)
        {
            using Process process = SiblingProgram.Start(Project, null, "train", folder["killed.checkpoint"]);
            steps += Skip(process, random.Next(Steps / (kills + 1)));
            Thread.Sleep(random.Next(8));
            process.Kill();
            process.WaitForExit();
        }

        string bits = Finish(folder["killed.checkpoint"], out int rest);
        return (steps + rest, bits == expected && rest < Steps && !File.Exists(folder["killed.checkpoint"]));
    }

    /// <summary>Training goes on where its checkpoint can no longer be written, and loses nothing.</summary>
    /// <returns>The first warning, and whether the bits are those of a training with room.</returns>
    public static (string? Warning, bool SameBits) FillDisk()
    {
        using var folder = new TemporaryFolder();
        string expected = Finish(folder["whole.checkpoint"], out _);
        using Process process = SiblingProgram.Start(Project, null, "train", folder["full.checkpoint"]);
        Skip(process, 20);
        LimitFiles(process);
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (lines.FirstOrDefault(line => line.Contains("cannot be written", StringComparison.Ordinal)), lines[^1] == expected);
    }

    /// <summary>Whether a setting of the whole process, of threads say, changes nothing.</summary>
    /// <param name="setting">An environment variable, as in "NAME=value".</param>
    public static bool IsIndifferentTo(string setting)
    {
        using var folder = new TemporaryFolder();
        using Process process = SiblingProgram.Start(Project, setting, "train", folder["set.checkpoint"]);
        string bits = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        return bits == Finish(folder["whole.checkpoint"], out _);
    }

    /// <summary>From now on the process can write no file beyond its first hundred bytes.</summary>
    public static void LimitFiles(Process process)
    {
        using Process limit = Process.Start("prlimit", ["--pid", $"{process.Id}", "--fsize=100"]);
        limit.WaitForExit();
    }

    /// <summary>Reads lines, and waits for them.</summary>
    /// <returns>How many there were.</returns>
    public static int Skip(Process process, int lines)
    {
        int read = 0;
        while (read < lines && process.StandardOutput.ReadLine() is not null)
            read++;
        return read;
    }

    private static string Finish(string checkpoint, out int steps)
    {
        string[] lines = SiblingProgram.Run(Project, null, "train", checkpoint).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        steps = lines.Length - 1;
        return lines[^1];
    }
}
