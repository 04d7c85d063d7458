using System.Diagnostics;
using MetaML.TestKit;

namespace MetaML.Benchmarks.Reliability;

/// <summary>Damaged and hostile model files through LoadChecked: each loads or is refused as documented, within memory and time, and changes nothing.</summary>
internal static class Files
{
    private const int FailuresShown = 20;

    /// <param name="count">How many files.</param>
    public static void Run(int count)
    {
        using var folder = new TemporaryFolder();
        var models = SavedModels.All();
        string temporary = folder["."];
        Environment.SetEnvironmentVariable("TMPDIR", temporary); // whatever is written would be written there
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
