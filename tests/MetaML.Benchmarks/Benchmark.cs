namespace MetaML.Benchmarks;

/// <summary>Something to run by name.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Folder">The folder of its data below the data's root; null where it needs none.</param>
/// <param name="Run">Runs it, on its folder.</param>
internal sealed record Benchmark(string Name, string? Folder, Action<string> Run)
{
    /// <summary>Runs it, or says why it is skipped.</summary>
    /// <param name="root">Where the data are.</param>
    public void RunIn(string root)
    {
        string folder = Path.Combine(root, Folder ?? "");
        if (Folder is null || Directory.Exists(folder))
            Run(folder);
        else
            Console.WriteLine($"{Name}: skipped, since there is no folder {folder}; name the data's folder with --data.");
    }
}
