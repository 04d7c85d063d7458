// dotnet run -c Release --project tests/MetaML.Benchmarks -- quality [name] [--data folder]
using MetaML.Benchmarks.Quality;

string[] words = [.. args.TakeWhile(word => word != "--data")];
string root = args.Length > words.Length + 1 ? args[words.Length + 1] : Path.Combine("..", "shared", "data");
(string Name, string Folder, Action<string> Run)[] qualities =
[
    ("sine", "", Sine.Run),
    ("school", "school", School.Run),
    ("computers", "computers", Computers.Run),
    ("omniglot-small", "omniglot", Omniglot.RunSmall),
    ("omniglot", "omniglot", Omniglot.Run),
    ("clinc150", "clinc150", Clinc150.Run),
];

if (words is not ["quality", ..] || (words.Length > 1 && qualities.All(quality => quality.Name != words[1])))
{
    Console.Error.WriteLine($"usage: quality [{string.Join("|", qualities.Select(quality => quality.Name))}] [--data folder]");
    return 1;
}

foreach (var (name, data, run) in qualities.Where(quality => words.Length == 1 || words[1] == quality.Name))
{
    string folder = Path.Combine(root, data);
    if (Directory.Exists(folder))
        run(folder);
    else
        Console.WriteLine($"{name}: skipped, since there is no folder {folder}; name the data's folder with --data.");
}

return 0;
