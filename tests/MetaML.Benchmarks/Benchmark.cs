namespace MetaML.Benchmarks;

/// <summary>A benchmark.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Folder">The folder of its data, below the root folder of all data; null if it needs no data.</param>
/// <param name="Run">Runs the benchmark with the path of its data.</param>
internal sealed record Benchmark(string Name, string? Folder, Action<string> Run)
{
    /// <summary>Runs the benchmark. If its data are absent, prints why it is skipped.</summary>
    /// <param name="root">The root folder of all data.</param>
    public void RunIn(string root)
    {
        string folder = Path.Combine(root, Folder ?? "");
        if (Folder is null || Directory.Exists(folder))
            Run(folder);
        else
            Console.WriteLine($"{Name}: skipped, because the folder {folder} does not exist. Give the root folder of the data with --data.");
    }
}
