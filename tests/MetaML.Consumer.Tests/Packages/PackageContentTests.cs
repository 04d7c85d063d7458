using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

[Collection(PackedFeedCollection.Name)]
public sealed partial class PackageContentTests(PackedFeed feed)
{
    // Kinds of custom debug information in the portable PDB format.
    private static readonly Guid s_sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A"), s_embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    private static readonly EntityHandle s_module = MetadataTokens.EntityHandle(TableIndex.Module, 1);

    public static TheoryData<string> Packages => [.. PackedFeed.Names];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_HasItsAssemblyWithDocumentation_AndNoOther(string name)
    {
        using ZipArchive package = feed.Open(name);
        Assert.Equal([$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"], package.Entries.Select(entry => entry.FullName).Where(path => path.StartsWith("lib/", StringComparison.Ordinal)).Order());
        Assert.DoesNotContain(package.Entries, entry => entry.FullName.StartsWith("runtimes/", StringComparison.Ordinal) || entry.FullName.StartsWith("ref/", StringComparison.Ordinal));
        using Stream documentation = package.GetEntry($"lib/net10.0/{name}.xml")!.Open();
        Assert.NotEmpty(XDocument.Load(documentation).Descendants("member"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Package_HasItsDescription_AndTheFilesThatItNames(string name)
    {
        XElement metadata = feed.Metadata(name);
        using ZipArchive package = feed.Open(name);
        Assert.StartsWith("MIT", metadata.Element("license")!.Value, StringComparison.Ordinal);
        Assert.StartsWith("Copyright", metadata.Element("copyright")!.Value, StringComparison.Ordinal);
        Assert.NotEqual("Package Description", metadata.Element("description")!.Value);
        Assert.Null(metadata.Element("projectUrl")); // no address is configured here
        Assert.Null(metadata.Element("repository")!.Attribute("url"));
        Assert.Subset(metadata.Element("tags")!.Value.Split(' ').ToHashSet(), new HashSet<string> { "ML.NET", "machine-learning", "meta-learning", "few-shot", "multi-task", "transfer-learning" });

        Assert.NotNull(package.GetEntry("LICENSE"));
        Assert.StartsWith("Third-party notices", Text(package, "THIRD-PARTY-NOTICES.txt"), StringComparison.Ordinal);
        using Stream icon = package.GetEntry(metadata.Element("icon")!.Value)!.Open();
        byte[] header = new byte[24]; // a signature, then the width and height of the first block
        icon.ReadExactly(header);
        Assert.Equal((128, 128), (BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(20))));
    }

    [Fact]
    public void ReleaseNotes_AreEachPackagesOwn()
    {
        string[] notes = [.. PackedFeed.Names.Select(name => feed.Metadata(name).Element("releaseNotes")!.Value.ReplaceLineEndings("\n"))];
        Assert.Equal(PackedFeed.Names.Select(name => File.ReadAllText(Path.Combine(SiblingProgram.Root, "src", name, "RELEASE-NOTES.md")).ReplaceLineEndings("\n").Trim()), notes);
        Assert.Distinct(notes);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Readme_LinksToDocumentationInThePackage(string name)
    {
        using ZipArchive package = feed.Open(name);
        string[] links = [.. Link().Matches(Text(package, feed.Metadata(name).Element("readme")!.Value)).Select(match => match.Groups[1].Value)];
        Assert.Contains(links, link => link.StartsWith("docs/", StringComparison.Ordinal));
        Assert.All(links, link => Assert.True(package.GetEntry(link) is not null, link));
    }

    [Fact]
    public void Readme_WithARepositoryAddress_LinksToIt()
    {
        string target = feed["configured"];
        feed.Dotnet(".", "pack", Path.Combine(SiblingProgram.Root, "src/MetaML.Core"), "--no-build", "-c", PackedFeed.Configuration, "-o", target, "-p:RepositoryUrl=https://example.org/metaml/");
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(target, $"MetaML.Core.{feed.Version}.nupkg"));
        Assert.Contains("](https://example.org/metaml/blob/HEAD/docs/Concepts.md)", Text(package, "README.md"), StringComparison.Ordinal);
        Assert.Contains("<projectUrl>https://example.org/metaml/</projectUrl>", Text(package, "MetaML.Core.nuspec"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Dependencies_AreThoseThatTheAssemblyUses(string name)
    {
        using ZipArchive package = feed.Open(name);
        using var content = new MemoryStream();
        using (Stream stream = package.GetEntry($"lib/net10.0/{name}.dll")!.Open())
            stream.CopyTo(content);
        content.Position = 0;
        using var assembly = new PEReader(content);
        MetadataReader metadata = assembly.GetMetadataReader();
        string[] used = [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).Where(reference => !IsOfTheFramework(reference))];
        string[] dependencies = [.. feed.Metadata(name).Descendants("dependency").Select(dependency => dependency.Attribute("id")!.Value)];

        // The native part of SkiaSharp has no assembly. Microsoft.Orleans.Server brings the assemblies of Orleans and of the host.
        Assert.All(dependencies.Except(["SkiaSharp.NativeAssets.Linux.NoDependencies", "Microsoft.Orleans.Server"]), id => Assert.Contains(used, reference => IsOf(id, reference)));
        Assert.All(used, reference => Assert.Contains(dependencies.Concat(Brought(name)), id => IsOf(id, reference)));
        Assert.DoesNotContain(dependencies, id => id.StartsWith("TorchSharp-", StringComparison.Ordinal) || id.StartsWith("libtorch", StringComparison.Ordinal));
    }

    [Fact]
    public void Dependencies_AreBounded()
    {
        Assert.Equal([("System.Numerics.Tensors", "10.0.0"), ("TorchSharp", "0.107.0")], Dependencies("MetaML.Core"));
        Assert.Equal([("MetaML.Core", $"[{feed.Version}]"), ("Microsoft.ML", "[5.0.1, 6.0.0)")], Dependencies("MetaML.Extensions")); // exact: they use each other's internal members
        Assert.Contains(("MetaML.Extensions", $"[{feed.Version}]"), Dependencies("MetaML.Extensions.Reporting"));
        Assert.Equal([("MetaML.Extensions", $"[{feed.Version}]"), ("Microsoft.Extensions.AI.Abstractions", "10.11.0")], Dependencies("MetaML.Extensions.AI"));
        Assert.Equal([("MetaML.Extensions", $"[{feed.Version}]"), ("Microsoft.Orleans.Server", "10.4.2")], Dependencies("MetaML.Extensions.Orleans"));
        Assert.Equal([("MetaML.Extensions", $"[{feed.Version}]")], Dependencies("MetaML.Pretrained"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Symbols_BringTheSources_AndNameNoFolderOfThisMachine(string name)
    {
        using ZipArchive package = feed.Open(name, "snupkg");
        using var content = new MemoryStream(); // a zip entry cannot be read at will
        using (Stream stream = package.GetEntry($"lib/net10.0/{name}.pdb")!.Open())
            stream.CopyTo(content);
        content.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(content);
        MetadataReader symbols = provider.GetMetadataReader();
        Assert.NotEmpty(symbols.Documents);
        bool hasSourceLink = Kinds(symbols, s_module).Contains(s_sourceLink);
        Assert.All(symbols.Documents, document =>
        {
            string path = symbols.GetString(symbols.GetDocument(document).Name);
            Assert.True(hasSourceLink || Kinds(symbols, document).Contains(s_embeddedSource), path);
            Assert.StartsWith("/_/", path, StringComparison.Ordinal);
        });
    }

    private IEnumerable<(string Id, string Version)> Dependencies(string name) =>
        feed.Metadata(name).Descendants("dependency").Select(dependency => (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value));

    // What a package's dependencies within the pack bring: they are of the same version.
    private string[] Brought(string name) =>
        [.. Dependencies(name).Where(dependency => PackedFeed.Names.Contains(dependency.Id)).SelectMany(dependency => Dependencies(dependency.Id).Select(inner => inner.Id).Concat(Brought(dependency.Id)))];

    // Microsoft.ML has several assemblies.
    private static bool IsOf(string package, string assembly) => assembly == package || assembly.StartsWith(package + ".", StringComparison.Ordinal)
        || (package == "Microsoft.Orleans.Server" && (assembly.StartsWith("Orleans.", StringComparison.Ordinal) || assembly.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || assembly == "System.Memory.Data"));

    private static bool IsOfTheFramework(string assembly) => File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, assembly + ".dll"));

    private static string Text(ZipArchive package, string path)
    {
        using var reader = new StreamReader(package.GetEntry(path)!.Open());
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)[^)]*\)")]
    private static partial Regex Link();

    private static IEnumerable<Guid> Kinds(MetadataReader symbols, EntityHandle parent) =>
        symbols.GetCustomDebugInformation(parent).Select(handle => symbols.GetGuid(symbols.GetCustomDebugInformation(handle).Kind));
}
