using System.Diagnostics;

namespace MetaML.TestKit;

/// <summary>An experiment in another process that is killed at random times and continues from its folder.</summary>
internal static class InterruptedExperiment
{
    private const string Project = "tests/MetaML.TrainingProcess";

    /// <summary>An experiment that is killed during a run, or while a run is kept, gives the result of one without interruption.</summary>
    /// <param name="kills">The number of times that it is killed.</param>
    /// <param name="random">Draws the times.</param>
    /// <returns>The last line of the experiment without interruption, and that of the one that was killed.</returns>
    public static (string Expected, string Resumed) Kill(int kills, Random random)
    {
        using var folder = new TemporaryFolder();
        string[] whole = Finish(folder["whole"]);
        for (int i = 0; i < kills; i++)
        {
            using Process process = SiblingProgram.Start(Project, null, "experiment", folder["killed"]);
            InterruptedTraining.Skip(process, 1 + random.Next(whole.Length - 2));
            Thread.Sleep(random.Next(200));
            process.Kill();
            process.WaitForExit();
        }

        return (whole[^1], Finish(folder["killed"])[^1]);
    }

    private static string[] Finish(string folder) => SiblingProgram.Run(Project, null, "experiment", folder).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
