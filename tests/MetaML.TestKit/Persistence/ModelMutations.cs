using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace MetaML.TestKit;

/// <summary>Damaged and hostile variants of a saved model. Each draw has one of the kinds below, applied to the zip file or to its entries.</summary>
internal static class ModelMutations
{
    private static readonly string[] s_loaders =
        ["MetaLearnerTransformer", "SharedEncoder", "TransformerChain", "ConcatTransform", "Normalizer", "TermTransform", "KeyToValueTransform", "NAReplaceTransform", "NgramTransform", "AffineNormExec", "OnnxTransform", "TermManager", ""];

    private static readonly long[] s_numbers = [-1, 0, 1, 2, 255, 65_536, 1 << 20, 1 << 24, (1 << 24) + 1, 1 << 30, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private static readonly string[] s_names =
        ["../evil", "/tmp/evil", "TransformerChain/../../evil", @"C:\evil", @"..\evil", "TransformerChain//Model.key", "TransformerChain/./Model.key", "transformerchain/MODEL.KEY", "Model.key", "a\nb", "", string.Join('/', Enumerable.Repeat("d", 5000))];

    private static readonly (string Kind, Func<byte[], Random, byte[]> Make)[] s_ofFile =
    [
        ("file: flipped bits", (file, random) => Flip(file, random, 0, file.Length)),
        ("file: flipped bits in the directory", (file, random) => Flip(file, random, file.Length * 9 / 10, file.Length)),
        ("file: truncated", (file, random) => file[..random.Next(file.Length)]),
        ("file: number in the directory", (file, random) => Overwrite(file, random, Math.Max(0, file.Length - 2000))),
        ("file: declared lengths", (file, random) => Declare(file, random)),
    ];

    private static readonly (string Kind, Func<List<(string Name, byte[] Content)>, Random, IEnumerable<(string, byte[])>> Make)[] s_ofEntries =
    [
        ("entry: flipped bits", (entries, random) => Change(entries, random, content => Flip(content, random, 0, content.Length))),
        ("entry: flipped bits in the first 1,000 bytes", (entries, random) => Change(entries, random, content => Flip(content, random, 0, Math.Min(1000, content.Length)))),
        ("entry: truncated", (entries, random) => Change(entries, random, content => content[..random.Next(content.Length + 1)])),
        ("entry: extended", (entries, random) => Change(entries, random, content => [.. content, .. new byte[random.Next(1, 1000)]])),
        ("entry: number", (entries, random) => Change(entries, random, content => Overwrite(content, random, 0))),
        ("entry: number behind the header", (entries, random) => Change(entries, random, content => Overwrite(content, random, Math.Min(0x100, content.Length / 2)))),
        ("entry: number in the first block", (entries, random) => Change(entries, random, content => Overwrite([.. content], random, 0x100, 64))),
        ("entry: position in the header", (entries, random) => Change(entries, random, content => Put(content, 0x10 + 8 * random.Next(18), s_numbers[random.Next(s_numbers.Length)], 8))),
        ("entry: version", (entries, random) => Change(entries, random, content => Put(content, random.Next(2) == 0 ? 0x48 : 0x08, 0x00010001_00010001L + random.Next(4) * 0x1_0000_0001L, 8))),
        ("entry: NaN and infinity", (entries, random) => Change(entries, random, content => Put(content, random.Next(Math.Max(1, content.Length - 8)), random.Next(2) == 0 ? 0x7fc00000_7fc00000 : 0x7f800000_7f800000, 8))),
        ("entry: digit of the JSON header", (entries, random) => Change(entries, random, content => Digit(content, random))),
        ("entry: another loader", (entries, random) => Change(entries, random, content => Loader(content, s_loaders[random.Next(s_loaders.Length)]))),
        ("entry: another assembly", (entries, random) => Change(entries, random, content => Assembly(content, "Evil.Library, Version=1.0.0.0"))),
        ("entry: content of another", (entries, random) => Change(entries, random, _ => entries[random.Next(entries.Count)].Content)),
        ("entries: one twice", (entries, random) => [.. entries, entries[random.Next(entries.Count)]]),
        ("entries: one missing", (entries, random) => Without(entries, random.Next(entries.Count))),
        ("entries: a stranger", (entries, random) => [.. entries, ("TransformerChain/Transform_009/Model.key", entries[random.Next(entries.Count)].Content)]),
        ("entries: a name that climbs", (entries, random) => [.. entries, (Name(random), entries[0].Content)]),
        ("entries: renamed", (entries, random) => Rename(entries, random)),
        ("entries: many", (entries, random) => [.. entries, .. Enumerable.Range(0, 12_000).Select(i => ($"x{i}", Array.Empty<byte>()))]),
        ("entries: a bomb", (entries, random) => [.. entries, ("TransformerChain/bomb.txt", new byte[40 << 20])]),
        ("entries: a bomb in a step", (entries, random) => Change(entries, random, content => [.. content, .. new byte[40 << 20]])),
    ];

    // These kinds create large files and take the longest time.
    private static readonly HashSet<string> s_rare = ["entries: many", "entries: a bomb", "entries: a bomb in a step"];
    private const int RareEvery = 100;

    /// <summary>The names of the kinds.</summary>
    public static IEnumerable<string> Kinds => s_ofFile.Select(kind => kind.Kind).Concat(s_ofEntries.Select(kind => kind.Kind));

    /// <summary>Makes a damaged variant of a file.</summary>
    /// <param name="file">A saved model.</param>
    /// <param name="random">The only source of randomness.</param>
    public static (string Kind, byte[] File) Draw(byte[] file, Random random)
    {
        while (true)
        {
            int kind = random.Next(s_ofFile.Length + s_ofEntries.Length);
            if (kind < s_ofFile.Length)
                return (s_ofFile[kind].Kind, s_ofFile[kind].Make([.. file], random));
            var (name, make) = s_ofEntries[kind - s_ofFile.Length];
            if (!s_rare.Contains(name) || random.Next(RareEvery) == 0)
                return (name, ZipFiles.Write(make(ZipFiles.Read(file), random)));
        }
    }

    /// <summary>Makes a file with an entry at the compression ratio of a zip bomb.</summary>
    /// <param name="file">A saved model.</param>
    /// <param name="bytes">The size of the added entry.</param>
    public static byte[] Bomb(byte[] file, int bytes) => ZipFiles.Write([.. ZipFiles.Read(file), ("TransformerChain/bomb.txt", new byte[bytes])], CompressionLevel.SmallestSize);

    // Small entries hold the structure, and large entries hold most bytes. Both are damaged.
    private static IEnumerable<(string, byte[])> Change(List<(string Name, byte[] Content)> entries, Random random, Func<byte[], byte[]> change)
    {
        int chosen = random.Next(entries.Count);
        return entries.Select((entry, i) => (entry.Name, i == chosen ? change(entry.Content) : entry.Content));
    }

    private static byte[] Flip(byte[] bytes, Random random, int first, int last)
    {
        byte[] flipped = [.. bytes];
        for (int i = random.Next(1, 5); i > 0 && last > first; i--)
            flipped[random.Next(first, last)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }

    private static byte[] Overwrite(byte[] bytes, Random random, int first, int span = int.MaxValue) =>
        Put(bytes, first + random.Next(Math.Max(1, Math.Min(span, bytes.Length - first))), s_numbers[random.Next(s_numbers.Length)], random.Next(2) == 0 ? 4 : 8);

    private static byte[] Put(byte[] bytes, int at, long value, int width)
    {
        byte[] changed = [.. bytes];
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (int i = 0; i < width && at + i < changed.Length; i++)
            changed[at + i] = number[i];
        return changed;
    }

    private static byte[] Digit(byte[] bytes, Random random)
    {
        int json = bytes.AsSpan().IndexOf("{\""u8);
        int[] digits = json < 0 ? [] : [.. Enumerable.Range(json, Math.Min(800, bytes.Length - json)).Where(i => bytes[i] is >= (byte)'0' and <= (byte)'9')];
        return digits.Length == 0 ? Flip(bytes, random, 0, bytes.Length) : Put(bytes, digits[random.Next(digits.Length)], '0' + random.Next(10), 1);
    }

    private static byte[] Loader(byte[] bytes, string loader)
    {
        byte[] changed = [.. bytes];
        if (changed.Length > 0x68)
            Encoding.Latin1.GetBytes(loader.PadRight(24, '\0')).CopyTo(changed, 0x50);
        return changed;
    }

    private static byte[] Assembly(byte[] bytes, string name)
    {
        byte[] changed = [.. bytes];
        if (changed.Length < 0x100 || BinaryPrimitives.ReadInt64LittleEndian(changed.AsSpan(0x90)) is not (> 0 and var at) || at > changed.Length)
            return changed;
        byte[] text = Encoding.Unicode.GetBytes(name);
        text.AsSpan(0, (int)Math.Min(text.Length, changed.Length - at)).CopyTo(changed.AsSpan((int)at));
        return changed;
    }

    // A central directory header starts with PK 1 2. The compressed size is at offset 20, the uncompressed size at 24.
    private static byte[] Declare(byte[] file, Random random)
    {
        int[] headers = [.. Enumerable.Range(0, file.Length - 46).Where(i => file.AsSpan(i).StartsWith("PK\x01\x02"u8))];
        return headers.Length == 0 ? file : Put(file, headers[random.Next(headers.Length)] + (random.Next(3) == 0 ? 20 : 24), s_numbers[random.Next(s_numbers.Length)], 4);
    }

    private static IEnumerable<(string, byte[])> Without(List<(string Name, byte[] Content)> entries, int missing)
    {
        entries.RemoveAt(missing);
        return entries;
    }

    private static string Name(Random random) => s_names[random.Next(s_names.Length)] is { Length: > 0 } name ? name : " ";

    private static IEnumerable<(string, byte[])> Rename(List<(string Name, byte[] Content)> entries, Random random)
    {
        int chosen = random.Next(entries.Count);
        return entries.Select((entry, i) => (i == chosen ? Name(random) : entry.Name, entry.Content));
    }
}
