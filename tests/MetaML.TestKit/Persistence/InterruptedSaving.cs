using System.Diagnostics;

namespace MetaML.TestKit;

/// <summary>A process that saves one model over another, again and again, until it is killed or its disk is full.</summary>
internal static class InterruptedSaving
{
    private const string Project = "tests/MetaML.TrainingProcess";

    /// <summary>Kills it at random moments.</summary>
    /// <param name="kills">How often.</param>
    /// <param name="random">When.</param>
    /// <returns>How often the file was then neither the one model nor the other, whole; and how many unfinished files lay beside it.</returns>
    public static (int Wrong, int Unfinished) Kill(int kills, Random random)
    {
        using var folder = new TemporaryFolder();
        int wrong = 0;
        for (int i = 0; i < kills; i++)
        {
            using Process process = SiblingProgram.Start(Project, null, "save", folder["."]);
            InterruptedTraining.Skip(process, 1 + random.Next(20));
            Thread.Sleep(random.Next(8));
            process.Kill();
            process.WaitForExit();
            wrong += IsWhole(folder) ? 0 : 1;
        }

        return (wrong, Directory.GetFiles(folder["."], "*.tmp").Length);
    }

    /// <summary>Fills its disk.</summary>
    /// <returns>What it says then; whether the last model is whole, with no unfinished file beside it.</returns>
    public static (string Error, bool IsWhole) FillDisk()
    {
        using var folder = new TemporaryFolder();
        using Process process = SiblingProgram.Start(Project, null, "save", folder["."]);
        InterruptedTraining.Skip(process, 3);
        InterruptedTraining.LimitFiles(process);
        string? line;
        do
            line = process.StandardOutput.ReadLine();
        while (line is not null && !line.StartsWith("failed", StringComparison.Ordinal));
        process.Kill();
        process.WaitForExit();
        return (line ?? "", IsWhole(folder) && Directory.GetFiles(folder["."], "*.tmp").Length <= 1); // it may have begun anew
    }

    private static bool IsWhole(TemporaryFolder folder)
    {
        byte[] Content(string name) => [.. ZipFiles.Read(File.ReadAllBytes(folder[name])).SelectMany(entry => entry.Content)];
        TrainerCase.NewContext().Model.Load(folder["model.zip"], out _);
        byte[] found = Content("model.zip");
        return found.AsSpan().SequenceEqual(Content("one.zip")) || found.AsSpan().SequenceEqual(Content("other.zip"));
    }
}
