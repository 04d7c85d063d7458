// dotnet run -c Release --project tests/MetaML.Benchmarks -- quality [name] [--data folder] [--methods beginning]
using MetaML.Benchmarks.Quality;

string[] words = [.. args.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal))];
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
string root = Option("--data") ?? Path.Combine("..", "shared", "data");
Methods.Only(Option("--methods") ?? "");
(string Name, string? Folder, Action<string> Run)[] qualities =
[
    ("sine", null, _ => Sine.Run()), // makes its own data
    ("school", "school", School.Run),
    ("computers", "computers", Computers.Run),
    ("relatedness", "", Relatedness.Run),
    ("omniglot-small", "omniglot", Omniglot.RunSmall),
    ("omniglot", "omniglot", Omniglot.Run),
    ("clinc150", "clinc150", Clinc150.Run),
];

if (words is not ["quality", ..] || (words.Length > 1 && qualities.All(quality => quality.Name != words[1])))
{
    Console.Error.WriteLine($"usage: quality [{string.Join("|", qualities.Select(quality => quality.Name))}] [--data folder] [--methods beginning]");
    return 1;
}

foreach (var (name, data, run) in qualities.Where(quality => words.Length == 1 || words[1] == quality.Name))
{
    string folder = Path.Combine(root, data ?? "");
    if (data is null || Directory.Exists(folder))
        run(folder);
    else
        Console.WriteLine($"{name}: skipped, since there is no folder {folder}; name the data's folder with --data.");
}

return 0;
