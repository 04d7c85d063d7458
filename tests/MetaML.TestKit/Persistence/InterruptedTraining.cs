using System.Diagnostics;

namespace MetaML.TestKit;

/// <summary>A training in another process that is killed at random times and continues from its checkpoint.</summary>
internal static class InterruptedTraining
{
    /// <summary>Number of outer steps of the whole training.</summary>
    public const int Steps = 300;

    private const string Project = "tests/MetaML.TrainingProcess";

    /// <summary>A training that is killed during a step or during a write gives bitwise the same model as one without interruption.</summary>
    /// <param name="kills">The number of times that it is killed.</param>
    /// <param name="random">Draws the times.</param>
    /// <returns>The total number of steps, and whether the models are bitwise equal.</returns>
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

    /// <summary>Training continues without loss if its checkpoint can no longer be written.</summary>
    /// <returns>The first warning, and whether the model equals that of a training with free disk space.</returns>
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

    /// <summary>Whether the result is independent of a setting of the process, such as its number of threads.</summary>
    /// <param name="setting">An environment variable, as in "NAME=value".</param>
    public static bool IsIndifferentTo(string setting)
    {
        using var folder = new TemporaryFolder();
        using Process process = SiblingProgram.Start(Project, setting, "train", folder["set.checkpoint"]);
        string bits = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        return bits == Finish(folder["whole.checkpoint"], out _);
    }

    /// <summary>Limits all further files of the process to a hundred bytes.</summary>
    public static void LimitFiles(Process process)
    {
        using Process limit = Process.Start("prlimit", ["--pid", $"{process.Id}", "--fsize=100"]);
        limit.WaitForExit();
    }

    /// <summary>Waits for lines, and reads them.</summary>
    /// <returns>The number of lines.</returns>
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
