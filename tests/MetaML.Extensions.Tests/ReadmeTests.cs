using System.Globalization;
using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests;

public sealed partial class ReadmeTests
{
    private static string Readme => Text("README.md");

    [Fact]
    public void Example_IsTheProgramThatIsBuilt()
    {
        Assert.Contains($"```csharp\n{Text("examples/FirstSteps/Program.cs").TrimEnd()}\n```", Readme);
    }

    [Fact]
    public void Example_Runs_AndPrintsWhatTheReadmeSays()
    {
        using var folder = new TemporaryFolder();
        string output = SiblingProgram.Run("examples/FirstSteps", Path.GetDirectoryName(folder["."])!);
        Assert.True(File.Exists(folder["shops.zip"]));
        Assert.Equal(Accuracy(Readme), Accuracy(output), 0.05); // rounding depends on the processor
    }

    /// <summary>The code in the documentation is compiled and run, because it is part of an example. Only its indentation may differ.</summary>
    [Theory]
    [InlineData("Concepts", 1)]
    [InlineData("Choosing", 0)]
    [InlineData("Algorithms", 0)]
    [InlineData("Evaluation", 4)]
    public void DocumentationCode_IsThatOfAnExample(string page, int blocks)
    {
        string[] code = [.. CodeBlock().Matches(Text($"docs/{page}.md")).Select(block => Unindented(block.Groups[1].Value))];
        Assert.Equal(blocks, code.Length);
        string[] examples = [.. Directory.EnumerateFiles(Path.Combine(SiblingProgram.Root, "examples"), "Program.cs", SearchOption.AllDirectories).Select(path => Unindented(File.ReadAllText(path).ReplaceLineEndings("\n")))];
        Assert.All(code, block => Assert.Contains(examples, example => example.Contains(block, StringComparison.Ordinal)));
    }

    [Fact]
    public void Links_LeadSomewhere()
    {
        string[] pages = ["README.md", .. Directory.EnumerateFiles(Path.Combine(SiblingProgram.Root, "docs"), "*.md"), .. ReadmesOf("examples"), .. ReadmesOf("src")];
        string[] dead = [.. pages.Select(page => Path.Combine(SiblingProgram.Root, page)).SelectMany(page => Link().Matches(File.ReadAllText(page))
            .Select(link => Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value))
            .Where(target => !Path.Exists(target)).Select(target => $"{page}: {target}"))];
        Assert.Empty(dead);
    }

    private static IEnumerable<string> ReadmesOf(string folder) => Directory.EnumerateFiles(Path.Combine(SiblingProgram.Root, folder), "README.md", SearchOption.AllDirectories)
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static string Text(string path) => File.ReadAllText(Path.Combine(SiblingProgram.Root, path)).ReplaceLineEndings("\n");

    private static string Unindented(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()));

    private static double Accuracy(string text) => double.Parse(AccuracyLine().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^accuracy ([0-9.]+), AUC", RegexOptions.Multiline)]
    private static partial Regex AccuracyLine();

    [GeneratedRegex(@"^```csharp\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
