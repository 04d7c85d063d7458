using System.Globalization;
using System.IO.Compression;
using MetaML.TestKit;
using Parquet;
using Parquet.Schema;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>The command line, installed from its package, on the houses of the examples.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ToolTests(PackedFeed feed)
{
    private const string Name = "MetaML.Tool";

    private static readonly string s_houses = Path.Combine(SiblingProgram.Root, "examples", "data", "houses.csv");

    [PackageSourceFact]
    public async Task Tool_Installed_Trains_AndItsProjectsPredictTheSame()
    {
        feed.Dotnet(".", "tool", "install", Name, "--version", feed.Version, "--tool-path", "tools");
        string metaml = feed[OperatingSystem.IsWindows() ? "tools/metaml.exe" : "tools/metaml"];
        Assert.Contains("2,930 rows, 16 columns", feed.Run(metaml, ".", "describe", s_houses), StringComparison.Ordinal);
        string[] columns = ["--task", "neighborhood", "--label", "price"];
        feed.Run(metaml, ".", ["train", s_houses, .. columns, "-o", "houses.zip"]);
        File.WriteAllLines(feed["some.csv"], File.ReadLines(s_houses).Take(40));
        feed.Run(metaml, ".", "predict", "houses.zip", "some.csv", "-o", "scores.csv");
        float[] expected = [.. File.ReadLines(feed["scores.csv"]).Skip(1).Select(line => Number(line.Split(',')[16]))];
        Assert.Equal(39, expected.Length);

        await WriteParquet(s_houses, feed["houses.parquet"]);
        await WriteParquet(feed["some.csv"], feed["some.parquet"]);
        foreach (var (project, training, rows) in new[] { ("OfText", s_houses, feed["some.csv"]), ("OfParquet", feed["houses.parquet"], feed["some.parquet"]) })
        {
            feed.Run(metaml, ".", ["code", training, .. columns, "-o", project]);
            string output = feed.Dotnet(project, "run", "--", training, rows);
            float[] predictions = [.. output.ReplaceLineEndings("\n").Trim().Split('\n')[^39..].Select(line => Number(line.Split(": ")[1]))];
            for (int i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - predictions[i]) <= 1, $"{project}, row {i}: {predictions[i]} instead of {expected[i]}");
        }
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

    // A column is numeric if all its cells are numbers.
    private static async Task WriteParquet(string csv, string parquet)
    {
        string[][] cells = [.. File.ReadLines(csv).Select(line => line.Split(','))];
        var fields = new List<DataField>();
        for (int column = 0; column < cells[0].Length; column++)
            fields.Add(cells.Skip(1).All(row => double.TryParse(row[column], CultureInfo.InvariantCulture, out _)) ? new DataField<double>(cells[0][column]) : new DataField<string>(cells[0][column]));
        await using FileStream file = File.Create(parquet);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
        using ParquetRowGroupWriter rows = writer.CreateRowGroup();
        for (int column = 0; column < fields.Count; column++)
        {
            string[] values = [.. cells.Skip(1).Select(row => row[column])];
            if (fields[column].ClrType == typeof(double))
                await rows.WriteAsync<double>(fields[column], values.Select(value => double.Parse(value, CultureInfo.InvariantCulture)).ToArray().AsMemory());
            else
                await rows.WriteAsync(fields[column], values);
        }
    }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
