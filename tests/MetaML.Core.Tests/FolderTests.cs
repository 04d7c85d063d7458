using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests;

/// <summary>The folders of src form a tree, none has too many files, and CONTRIBUTING describes each.</summary>
public sealed partial class FolderTests
{
    private const int MostFiles = 20;

    public static TheoryData<string> Projects => [.. Directory.EnumerateDirectories(Path.Combine(SiblingProgram.Root, "src")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_FormATree(string project) => Assert.Empty(new FolderGraph(Folder(project)).FindCycle());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_HoldFewFiles(string project)
    {
        string folder = Folder(project);
        Assert.All(
            FolderGraph.Sources(folder).GroupBy(path => FolderGraph.FolderOf(folder, path)),
            files => Assert.True(files.Count() <= MostFiles, $"{project}/{files.Key} holds {files.Count()} files: divide it by subject"));
    }

    [Fact]
    public void Contributing_HasARowForEachFolder()
    {
        string source = Path.Combine(SiblingProgram.Root, "src");
        string[] folders = [.. Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(source, Path.GetDirectoryName(path)!).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(folder => folder.Contains('/', StringComparison.Ordinal) && !folder.Split('/').Any(part => part is "bin" or "obj"))
            .Distinct().Select(folder => $"src/{folder}").Order(StringComparer.Ordinal)];
        string[] rows = [.. Row().Matches(File.ReadAllText(Path.Combine(SiblingProgram.Root, "CONTRIBUTING.md"))).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)];
        Assert.Equal(folders, rows);
    }

    [Fact]
    public void FindCycle_TwoFoldersThatUseEachOther_NamesTheFiles()
    {
        using var project = new TemporaryFolder();
        Directory.CreateDirectory(project["First"]);
        Directory.CreateDirectory(project["Second"]);
        File.WriteAllText(project["First/One.cs"], "internal sealed class One\n{\n    public Two? Other { get; set; } // Three\n}\n");
        File.WriteAllText(project["Second/Two.cs"], "internal sealed class Two\n{\n    public string Text => \"One\";\n}\n");
        Assert.Empty(new FolderGraph(project["."]).FindCycle());
        File.WriteAllText(project["Second/Three.cs"], "internal record struct Three(One First);\n");
        Assert.Equal(["First/One.cs uses Second/ (Two)", "Second/Three.cs uses First/ (One)"], new FolderGraph(project["."]).FindCycle().Select(arrow => arrow.Replace('\\', '/')));
    }

    private static string Folder(string project) => Path.Combine(SiblingProgram.Root, "src", project);

    [GeneratedRegex(@"^\| (src/[\w./]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
