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

    /// <summary>The commands of the README, in a new folder and with an empty package folder.</summary>
    [PackageSourceFact]
    public void Install_CommandsOfTheReadme_AddThePackages()
    {
        string section = s_readme[s_readme.IndexOf("## Install", StringComparison.Ordinal)..];
        string[][] blocks = [.. Commands().Matches(section[..section.IndexOf("\n## ", StringComparison.Ordinal)]).Select(match => match.Groups[1].Value.Split('\n'))];
        Assert.Equal(["dotnet pack -c Release"], blocks[0]); // as this test's own feed is made
        Assert.Equal($"dotnet add package {s_native} --version {s_nativeVersion}", blocks[1][^1].Replace("linux-x64", s_native["libtorch-cpu-".Length..], StringComparison.Ordinal));

        feed.Dotnet(".", "new", "console", "-o", "Installed", "--no-restore");
        File.WriteAllText(feed["Installed/nuget.config"], "<configuration><packageSources /></configuration>");
        foreach (string command in blocks[1][..^1])
        {
            Assert.StartsWith("dotnet ", command, StringComparison.Ordinal);
            string[] arguments = command.Replace("clone/eng/feed", feed["feed"], StringComparison.Ordinal).Split(' ')[1..];
            // The source is added for this project alone, not for the user.
            feed.Dotnet("Installed", command.Contains(" nuget add source ", StringComparison.Ordinal) ? [.. arguments, "--configfile", "nuget.config"] : arguments);
        }

        Assert.Contains($"\"MetaML.Extensions\" Version=\"{feed.Version}\"", File.ReadAllText(feed["Installed/Installed.csproj"]), StringComparison.Ordinal);
    }

    [Fact]
    public void PackageReadme_Program_IsThatOfTheReadme() => Assert.Equal(s_example, Program("MetaML.Extensions"));

    /// <summary>The programs of the other packages need no native library.</summary>
    [PackageSourceTheory]
    [InlineData("MetaML.Core", @"^predicted 1\.9\d, true 1\.90")]
    [InlineData("MetaML.Extensions.AI", @"(?m)^accuracy on messages about rooms: (0\.9\d|1\.00)")]
    [InlineData("MetaML.Extensions.Orleans", @"(?m)^forecast before: -?\d+\.\d, after 8 days: 19\.\d")]
    [InlineData("MetaML.Pretrained", @"^prior-fitted AUC 0\.[89]\d, ")]
    [InlineData("MetaML.Extensions.Reporting", @"^The report is shops\.html\.")]
    public void PackageReadme_Program_Runs(string name, string output)
    {
        string folder = "Readme" + name.Replace(".", "", StringComparison.Ordinal);
        Directory.CreateDirectory(feed[folder]);
        File.WriteAllText(feed[$"{folder}/app.cs"], $"#:package {name}@{feed.Version}\n#:property PublishAot=false\n\n{Program(name)}");
        Assert.Matches(output, feed.Dotnet(folder, "run", "app.cs"));
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

    private static string Program(string package) =>
        FirstProgram().Match(File.ReadAllText(Path.Combine(SiblingProgram.Root, "src", package, "README.md")).ReplaceLineEndings("\n")).Groups[1].Value;

    private void NewProject(string name, string program)
    {
        feed.Dotnet(".", "new", "console", "-o", name, "--no-restore");
        feed.Dotnet(name, "add", "package", "MetaML.Extensions");
        File.WriteAllText(feed[$"{name}/Program.cs"], program);
    }

    private static double Accuracy(string text) => double.Parse(AccuracyLine().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^accuracy ([0-9.]+), AUC [0-9.]+", RegexOptions.Multiline)]
    private static partial Regex AccuracyLine();

    [GeneratedRegex("^```\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Commands();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstProgram();
}
