using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>The README's instructions work with the SDK and the packages, without this repository.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed partial class ConsumerTests(PackedFeed feed)
{
    // The README names TorchSharp-cpu. It would install this package for all operating systems (1.2 GB).
    private static readonly string s_native = OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";

    private static readonly string s_nativeVersion = XDocument.Load(Path.Combine(SiblingProgram.Root, "Directory.Packages.props")).Descendants("LibTorchCpuVersion").Single().Value;

    private static readonly string s_readme = File.ReadAllText(Path.Combine(SiblingProgram.Root, "README.md")).ReplaceLineEndings("\n");

    private static readonly string s_example = FirstProgram().Match(s_readme).Groups[1].Value;

    // A program that only loads the file of the model.
    private static readonly string s_scorer = $$"""
        using Microsoft.ML;

        var ml = new MLContext();
        ITransformer model = ml.Model.Load("shops.zip", out _);
        IDataView query = ml.Data.LoadFromEnumerable(Customers(shop: 30, count: 500).Skip(10));
        var metrics = ml.BinaryClassification.Evaluate(model.Transform(query), "Returns");
        Console.WriteLine($"accuracy {metrics.Accuracy:F2}, AUC {metrics.AreaUnderRocCurve:F2}");

        {{s_example[s_example.IndexOf("// Artificial customers", StringComparison.Ordinal)..]}}
        """;

    [PackageSourceFact]
    public void NewProjects_FromThePackages_TrainAndScore()
    {
        NewProject("Shops", s_example);
        feed.Dotnet("Shops", "add", "package", s_native, "--version", s_nativeVersion);
        string trained = feed.Dotnet("Shops", "run");
        Assert.Equal(Accuracy(s_readme), Accuracy(trained), 0.05); // rounding depends on the processor
        Assert.All(PackedFeed.Names.Take(2), name => Assert.Equal( // the installed packages are those of this feed, not packages of the same version from another source
            File.ReadAllBytes(feed.PackageFile(name)),
            File.ReadAllBytes(feed[$"packages/{name.ToLowerInvariant()}/{feed.Version}/{name.ToLowerInvariant()}.{feed.Version}.nupkg"])));

        NewProject("Scorer", s_scorer);
        feed.Dotnet("Scorer", "publish", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "-p:PublishSingleFile=true", "-o", "published");
        Assert.DoesNotContain(Directory.GetFiles(feed["Scorer/published"]), path => path.Contains("torch_cpu", StringComparison.Ordinal) || path.EndsWith("MetaML.Extensions.dll", StringComparison.Ordinal));
        Assert.Equal(AccuracyLine().Match(trained).Value, AccuracyLine().Match(feed.Run(feed["Scorer/published/Scorer"], "Shops")).Value);
    }

    [Fact]
    public void PackageReadme_Example_IsPartOfTheProgram()
    {
        string readme = File.ReadAllText(Path.Combine(SiblingProgram.Root, "src/MetaML.Extensions/README.md")).ReplaceLineEndings("\n");
        string example = FirstProgram().Match(readme).Groups[1].Value;
        Assert.NotEmpty(example);
        Assert.Contains(example, s_example, StringComparison.Ordinal);
    }

    [PackageSourceFact]
    public void FileBasedProgram_WithThePackages_Runs()
    {
        Directory.CreateDirectory(feed["File"]);
        File.WriteAllText(feed["File/app.cs"], $"""
            #:package MetaML.Extensions@{feed.Version}
            #:package {s_native}@{s_nativeVersion}
            #:property PublishAot=false

            {s_example}
            """);
        Assert.Equal(Accuracy(s_readme), Accuracy(feed.Dotnet("File", "run", "app.cs")), 0.05);
    }

    private void NewProject(string name, string program)
    {
        feed.Dotnet(".", "new", "console", "-o", name, "--no-restore");
        feed.Dotnet(name, "add", "package", "MetaML.Extensions");
        File.WriteAllText(feed[$"{name}/Program.cs"], program);
    }

    private static double Accuracy(string text) => double.Parse(AccuracyLine().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^accuracy ([0-9.]+), AUC [0-9.]+", RegexOptions.Multiline)]
    private static partial Regex AccuracyLine();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstProgram();
}
