using System.Diagnostics;

namespace MetaML.TestKit;

/// <summary>A process that repeatedly saves one model over another, until it is killed or its disk is full.</summary>
internal static class InterruptedSaving
{
    private const string Project = "tests/MetaML.TrainingProcess";

    /// <summary>Kills the process at random times.</summary>
    /// <param name="kills">The number of times.</param>
    /// <param name="random">Draws the times.</param>
    /// <returns>The number of times that the file was not one of the two complete models, and the number of unfinished files in its folder.</returns>
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

    /// <summary>Fills the disk of the process.</summary>
    /// <returns>The error message, and whether the last model is complete and no unfinished file is in its folder.</returns>
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
        return (line ?? "", IsWhole(folder) && Directory.GetFiles(folder["."], "*.tmp").Length <= 1); // it may have started another file
    }

    private static bool IsWhole(TemporaryFolder folder)
    {
        byte[] Content(string name) => [.. ZipFiles.Read(File.ReadAllBytes(folder[name])).SelectMany(entry => entry.Content)];
        TrainerCase.NewContext().Model.Load(folder["model.zip"], out _);
        byte[] found = Content("model.zip");
        return found.AsSpan().SequenceEqual(Content("one.zip")) || found.AsSpan().SequenceEqual(Content("other.zip"));
    }
}
