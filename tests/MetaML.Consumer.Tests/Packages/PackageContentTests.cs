using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Xml.Linq;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Consumer.Tests.Packages;

[Collection(PackedFeedCollection.Name)]
public sealed class PackageContentTests(PackedFeed feed)
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
    public void Package_SaysWhatItIs(string name)
    {
        XElement metadata = feed.Metadata(name);
        using ZipArchive package = feed.Open(name);
        Assert.StartsWith("MIT", metadata.Element("license")!.Value, StringComparison.Ordinal);
        Assert.NotNull(package.GetEntry("LICENSE"));
        Assert.NotNull(package.GetEntry(metadata.Element("readme")!.Value));
        Assert.NotEqual("Package Description", metadata.Element("description")!.Value);

        string notes = metadata.Element("releaseNotes")!.Value.ReplaceLineEndings("\n");
        string[] changelog = File.ReadAllText(Path.Combine(SiblingProgram.Root, "CHANGELOG.md")).ReplaceLineEndings("\n").Split("\n## ");
        Assert.Equal(changelog[1][changelog[1].IndexOf('\n', StringComparison.Ordinal)..].Trim(), notes);
    }

    [Theory]
    [InlineData("MetaML.Core", null)]
    [InlineData("MetaML.Extensions", "MetaML.Core")]
    [InlineData("MetaML.Extensions.Reporting", "MetaML.Extensions")]
    public void Dependencies_AreBounded_AndForceNoNativeTorch(string name, string? own)
    {
        Dictionary<string, string> dependencies = feed.Metadata(name).Descendants("dependency").ToDictionary(dependency => dependency.Attribute("id")!.Value, dependency => dependency.Attribute("version")!.Value);
        Assert.Equal("0.107.0", dependencies["TorchSharp"]);
        Assert.Equal("10.0.0", dependencies["System.Numerics.Tensors"]);
        Assert.Equal(own is null ? null : "[5.0.1, 6.0.0)", dependencies.GetValueOrDefault("Microsoft.ML"));
        if (own is not null)
            Assert.Equal($"[{feed.Version}]", dependencies[own]); // the exact version, because the packages use internal members of each other
        Assert.DoesNotContain(dependencies.Keys, id => id.StartsWith("TorchSharp-", StringComparison.Ordinal) || id.StartsWith("libtorch", StringComparison.Ordinal));
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

    private static IEnumerable<Guid> Kinds(MetadataReader symbols, EntityHandle parent) =>
        symbols.GetCustomDebugInformation(parent).Select(handle => symbols.GetGuid(symbols.GetCustomDebugInformation(handle).Kind));
}
