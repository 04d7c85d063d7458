using System.Text.RegularExpressions;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation;

/// <summary>docs/Evaluation.md names a test or a benchmark for each statement.</summary>
public sealed partial class EvidenceTests
{
    [Fact]
    public void Evidence_EachName_IsATestOrABenchmark()
    {
        string root = SiblingProgram.Root, evidence = File.ReadAllText(Path.Combine(root, "docs", "Evaluation.md")).Split("## Evidence")[1];
        string benchmarks = File.ReadAllText(Path.Combine(root, "tests", "MetaML.Benchmarks", "Program.cs"));
        string[] cells = [.. evidence.Split('\n').Where(line => line.StartsWith('|')).Skip(2).Select(line => line.Trim().Trim('|').Split('|')[^1])];
        Assert.True(cells.Length > 20);
        foreach (string cell in cells)
        {
            string[] names = [.. Name().Matches(cell).Select(match => match.Groups[1].Value)];
            Assert.True(names.Length > 0, cell);
            foreach (string name in names)
                Assert.True(IsTest(name) || IsBenchmark(name), $"docs/Evaluation.md names '{name}', which is no test and no benchmark");
        }

        bool IsTest(string name) => name.Split('.') is [var type, var method] && Directory.EnumerateFiles(Path.Combine(root, "tests"), $"{type}.cs", SearchOption.AllDirectories).Any(path => File.ReadAllText(path).Contains($"public void {method}(", StringComparison.Ordinal));
        bool IsBenchmark(string name) => name.Split(' ') is [var verb, var benchmark] && benchmarks.Contains($"(\"{verb}\",", StringComparison.Ordinal) && benchmarks.Contains($"new(\"{benchmark}\",", StringComparison.Ordinal);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
