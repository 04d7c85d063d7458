using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

/// <summary>A feed with the packages in a temporary folder, and an empty folder for installed packages.</summary>
public sealed class PackedFeed : IDisposable
{
    /// <summary>The packages that projects refer to.</summary>
    public static readonly IReadOnlyList<string> Names = ["MetaML.Core", "MetaML.Extensions", "MetaML.Extensions.AI", "MetaML.Extensions.Orleans", "MetaML.Extensions.Reporting", "MetaML.Pretrained"];

    private readonly TemporaryFolder _folder = new();

    public PackedFeed()
    {
        Dotnet(".", "pack", Path.Combine(SiblingProgram.Root, "MetaML.Extensions.sln"), "--no-build", "-c", Configuration, "-o", _folder["feed"]);
        Version = Path.GetFileNameWithoutExtension(Directory.GetFiles(_folder["feed"], "MetaML.Core.*.nupkg").Single())["MetaML.Core.".Length..];

        // The feed is added to the user's sources. Folders of installed packages are not used.
        File.WriteAllText(_folder["nuget.config"], """
            <configuration>
              <packageSources><add key="packed" value="feed" /></packageSources>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>The build configuration of the tests and of the packages.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public string Version { get; }

    /// <summary>A path in the consumer's folder.</summary>
    public string this[string file] => _folder[file];

    /// <summary>The path of a package in the feed.</summary>
    public string PackageFile(string name, string extension = "nupkg") => _folder[$"feed/{name}.{Version}.{extension}"];

    /// <summary>Opens a package.</summary>
    public ZipArchive Open(string name, string extension = "nupkg") => ZipFile.OpenRead(PackageFile(name, extension));

    /// <summary>The metadata of a package.</summary>
    public XElement Metadata(string name)
    {
        using ZipArchive package = Open(name);
        using Stream stream = package.GetEntry(name + ".nuspec")!.Open();
        XElement root = XDocument.Load(stream).Root!;
        foreach (XElement element in root.DescendantsAndSelf())
            element.Name = element.Name.LocalName;
        return root.Element("metadata")!;
    }

    /// <summary>Runs `dotnet` in one of the consumer's folders and returns its output. An exit code other than 0 fails the test.</summary>
    public string Dotnet(string folder, params string[] arguments) => Run("dotnet", folder, arguments);

    /// <summary>Runs a program in one of the consumer's folders and returns its output. An exit code other than 0 fails the test.</summary>
    public string Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder[folder] };
        start.Environment["NUGET_PACKAGES"] = _folder["packages"];
        // No build server keeps running, and libtorch is linked instead of copied.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["CreateSymbolicLinksForCopyLocalIfPossible"] = "true";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{error.Result}{output}");
        return output;
    }

    public void Dispose() => _folder.Dispose();
}
