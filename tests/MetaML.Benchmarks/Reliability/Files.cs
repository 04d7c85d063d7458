using System.Diagnostics;
using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Loads damaged and hostile model files with LoadChecked. Each file must load or be rejected as documented, within limits of memory and time, and without writing files.</summary>
internal static class Files
{
    private const int FailuresShown = 20;

    /// <param name="count">Number of files.</param>
    public static void Run(int count)
    {
        using var folder = new TemporaryFolder();
        var models = SavedModels.All();
        string temporary = folder["."];
        Environment.SetEnvironmentVariable("TMPDIR", temporary); // a loader that writes temporary files would write them here
        var clock = Stopwatch.StartNew();
        using var check = new HostileFileCheck();
        var random = new Random(1);
        var kinds = new SortedDictionary<string, (int Files, int Wrong)>(StringComparer.Ordinal);
        int wrong = 0;
        for (int i = 0; i < count; i++)
        {
            var (name, file) = models[i % models.Count];
            var (kind, damaged) = ModelMutations.Draw(file, random);
            string? failure = check.Check(damaged);
            (int files, int bad) = kinds.GetValueOrDefault(kind);
            kinds[kind] = (files + 1, bad + (failure is null ? 0 : 1));
            if (failure is not null && ++wrong <= FailuresShown)
                Console.WriteLine($"{name}, {kind}, number {i}: {failure}");
        }

        foreach (var (kind, (files, bad)) in kinds)
            Console.WriteLine($"{kind,-50} {files,7} files, {bad} wrong");
        Result.Print(new
        {
            reliability = "files",
            files = count,
            loaded = check.Loaded,
            refused = check.Refused,
            wrong,
            written = Directory.GetFileSystemEntries(temporary).Length,
            most_bytes_beyond_file = check.MostBytes,
            most_seconds = Math.Round(check.MostSeconds, 3),
            seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        });
    }
}
