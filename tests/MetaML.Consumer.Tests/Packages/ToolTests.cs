using System.Globalization;
using System.IO.Compression;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>The command line, installed from its package, on the houses of the examples.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ToolTests(PackedFeed feed)
{
    private const string Name = "MetaML.Tool";

    private static readonly string s_houses = Path.Combine(SiblingProgram.Root, "examples", "data", "houses.csv");

    [PackageSourceFact]
    public void Tool_Installed_Trains_AndItsProjectPredictsTheSame()
    {
        feed.Dotnet(".", "tool", "install", Name, "--version", feed.Version, "--tool-path", "tools");
        string metaml = feed[OperatingSystem.IsWindows() ? "tools/metaml.exe" : "tools/metaml"];
        Assert.Contains("2,930 rows, 16 columns", feed.Run(metaml, ".", "describe", s_houses), StringComparison.Ordinal);
        string[] columns = ["--task", "neighborhood", "--label", "price"];
        feed.Run(metaml, ".", ["train", s_houses, .. columns, "-o", "houses.zip"]);
        File.WriteAllLines(feed["some.csv"], File.ReadLines(s_houses).Take(40));
        feed.Run(metaml, ".", "predict", "houses.zip", "some.csv", "-o", "scores.csv");
        feed.Run(metaml, ".", ["code", s_houses, .. columns, "-o", "Houses"]);
        string output = feed.Dotnet("Houses", "run", "--", s_houses, feed["some.csv"]);

        float[] predictions = [.. output.ReplaceLineEndings("\n").Trim().Split('\n')[^39..].Select(line => Number(line.Split(": ")[1]))];
        float[] expected = [.. File.ReadLines(feed["scores.csv"]).Skip(1).Select(line => Number(line.Split(',')[16]))];
        Assert.Equal(expected.Length, predictions.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], predictions[i], 1f);
    }

    /// <summary>Without an installation.</summary>
    [PackageSourceFact]
    public void Tool_ByDnx_Runs() =>
        Assert.Contains("Possible tasks: neighborhood (28 tasks", feed.Dotnet(".", "dnx", $"{Name}@{feed.Version}", "--yes", "describe", s_houses), StringComparison.Ordinal);

    [Fact]
    public void Package_IsATool_WithItsNotices()
    {
        using ZipArchive package = feed.Open(Name);
        Assert.NotNull(package.GetEntry($"tools/net10.0/any/{Name}.dll"));
        Assert.NotNull(package.GetEntry("THIRD-PARTY-NOTICES.txt"));
        Assert.Equal("DotnetTool", feed.Metadata(Name).Descendants("packageType").Single().Attribute("name")!.Value);
        Assert.Empty(feed.Metadata(Name).Descendants("dependency"));
        Assert.DoesNotContain(package.Entries, entry => entry.FullName.Contains("torch_cpu", StringComparison.Ordinal));
        string notices = File.ReadAllText(Path.Combine(SiblingProgram.Root, "THIRD-PARTY-NOTICES.txt"));
        string[] own = ["MetaML", "Microsoft.ML", "SkiaSharp", "System.Numerics.Tensors", "TorchSharp"];
        Dictionary<string, string> names = new() { ["Parquet"] = "Parquet.Net", ["ICSharpCode.SharpZipLib"] = "SharpZipLib", ["ZstdSharp"] = "ZstdSharp.Port" };
        foreach (string assembly in package.Entries.Where(entry => entry.FullName.EndsWith(".dll", StringComparison.Ordinal) && !entry.FullName.Contains("/runtimes/", StringComparison.Ordinal)).Select(entry => Path.GetFileNameWithoutExtension(entry.Name)))
            Assert.True(own.Any(name => assembly.StartsWith(name, StringComparison.Ordinal)) || notices.Contains(names.GetValueOrDefault(assembly, assembly), StringComparison.Ordinal), assembly);
    }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
