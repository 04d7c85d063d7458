using System.Buffers.Binary;
using System.Text;
using MetaML.Native;
using Xunit;

namespace MetaML.Core.Tests.Native;

/// <summary>TorchSharp's own library before and after the edit, read by a second reader of .gnu.version_r.</summary>
public sealed class ElfVersionNeedsTests
{
    [NewVersionFact]
    public void Apply_LibTorchSharp_AsksForTheNewVersionNoMore()
    {
        byte[] before = File.ReadAllBytes(NewVersionFactAttribute.Library!), after = ElfSymbolPatch.Apply(before);
        List<string> asked = Needs(before), asks = Needs(after);
        Assert.Single(asked, ElfSymbolPatch.NewVersion);
        Assert.DoesNotContain(ElfSymbolPatch.NewVersion, asks);
        Assert.Equal(asked.Count, asks.Count);
        Assert.Equal(asked.Where(name => name != ElfSymbolPatch.NewVersion).Distinct().Order(), asks.Distinct().Order()); // nothing new is asked for
    }

    [NewVersionFact]
    public void Apply_LibTorchSharpWithoutOlderVersions_ThrowsBadImageFormat()
    {
        byte[] image = File.ReadAllBytes(NewVersionFactAttribute.Library!);
        byte[] older = Encoding.ASCII.GetBytes("\0GLIBCXX_3.4"), other = Encoding.ASCII.GetBytes("\0NOTTHEM_3.4");
        byte[] keep = Encoding.ASCII.GetBytes("\0" + ElfSymbolPatch.NewVersion + "\0");
        for (int at = image.AsSpan().IndexOf(older); at >= 0;)
        {
            if (!image.AsSpan(at).StartsWith(keep))
                other.CopyTo(image, at);
            int next = image.AsSpan(at + 1).IndexOf(older);
            at = next < 0 ? -1 : at + 1 + next;
        }

        Assert.Contains("an older version", Assert.Throws<BadImageFormatException>(() => ElfSymbolPatch.Apply(image)).Message);
    }

    [NewVersionFact]
    public void Apply_LibTorchSharpCutShort_ThrowsBadImageFormat()
    {
        byte[] image = File.ReadAllBytes(NewVersionFactAttribute.Library!);
        var random = new Random(1);
        for (int i = 0; i < 20; i++)
            Assert.Throws<BadImageFormatException>(() => ElfSymbolPatch.Apply(image.AsSpan(0, random.Next(image.Length / 2))));
    }

    // Names of the versions that are needed, by the section's own string table.
    private static List<string> Needs(byte[] image)
    {
        int Int(long at) => BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan((int)at));
        long Long(long at) => BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan((int)at));
        int Short(long at) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan((int)at));
        long sections = Long(40), needs = Enumerable.Range(0, Short(60)).Select(i => sections + 64L * i).Single(at => (uint)Int(at + 4) == 0x6ffffffe);
        long names = Long(sections + 64L * Int(needs + 40) + 24);
        var found = new List<string>();
        long need = Long(needs + 24);
        for (int n = Int(needs + 44); n > 0; n--, need += Int(need + 12)) // sh_info says how many
        {
            long entry = need + Int(need + 8);
            for (int v = Short(need + 2); v > 0; v--, entry += Int(entry + 12))
            {
                int start = (int)names + Int(entry + 8);
                found.Add(Encoding.ASCII.GetString(image, start, Array.IndexOf(image, (byte)0, start) - start));
            }
        }

        return found;
    }
}
