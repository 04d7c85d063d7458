using System.Text.RegularExpressions;

namespace MetaML.Core.Tests;

/// <summary>The dependencies between the folders of a project. A file depends on the folders that define the types in its code.</summary>
internal sealed partial class FolderGraph
{
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _uses = new(StringComparer.Ordinal);

    /// <param name="project">The project's folder.</param>
    public FolderGraph(string project)
    {
        (string Path, string Folder, string Code)[] files = [.. Sources(project).Select(path => (path, FolderOf(project, path), Code(path)))];
        var homes = files
            .SelectMany(file => Definition().Matches(file.Code).Select(match => (Name: match.Groups[1].Value, file.Folder)))
            .Distinct()
            .GroupBy(definition => definition.Name)
            .Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.Single().Folder);
        foreach (var (path, folder, code) in files)
        {
            SortedDictionary<string, string> uses = _uses.TryGetValue(folder, out var known) ? known : _uses[folder] = new(StringComparer.Ordinal);
            foreach (string name in Name().Matches(code).Select(match => match.Value).Distinct())
            {
                if (homes.TryGetValue(name, out string? home) && home != folder)
                    uses.TryAdd(home, $"{Path.GetRelativePath(project, path)} uses {home}/ ({name})");
            }
        }
    }

    /// <summary>The files that form a cycle of folders, one for each dependency; empty without a cycle.</summary>
    public IReadOnlyList<string> FindCycle()
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        foreach (string folder in _uses.Keys)
        {
            if (Visit(folder, done, path) is { } cycle)
                return cycle;
        }

        return [];
    }

    /// <summary>The source files of a project.</summary>
    public static IEnumerable<string> Sources(string project) => Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories)
        .Where(path => !Path.GetRelativePath(project, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .Order(StringComparer.Ordinal);

    /// <summary>The folder of a file, relative to its project, with forward slashes.</summary>
    public static string FolderOf(string project, string path) =>
        Path.GetRelativePath(project, Path.GetDirectoryName(path)!).Replace(Path.DirectorySeparatorChar, '/');

    private List<string>? Visit(string folder, HashSet<string> done, List<string> path)
    {
        int start = path.IndexOf(folder);
        if (start >= 0)
            return [.. path.Skip(start).Append(folder).Zip(path.Skip(start + 1).Append(folder), (from, to) => _uses[from][to])];
        if (done.Contains(folder))
            return null;
        path.Add(folder);
        foreach (string next in _uses[folder].Keys)
        {
            if (Visit(next, done, path) is { } cycle)
                return cycle;
        }

        path.RemoveAt(path.Count - 1);
        done.Add(folder);
        return null;
    }

    // The code without comments, usings, the namespace, and strings (except interpolated expressions).
    private static string Code(string path) => Noise().Replace(Text().Replace(File.ReadAllText(path), match => string.Join(' ', Hole().Matches(match.Value).Select(hole => hole.Value))), "");

    [GeneratedRegex("""^\s*//.*$|//[^"\n]*$|^(using|namespace) .*;""", RegexOptions.Multiline)]
    private static partial Regex Noise();

    [GeneratedRegex(""""\$?"""(.|\n)*?"""|"(\\.|[^"\\\n])*"""")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"^(?:(?:public|internal|file|static|abstract|sealed|readonly|partial|unsafe|ref) )*(?:class|struct|interface|enum|record struct|record|delegate [\w<>\[\],? ]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Name();
}
