using System.Buffers.Binary;
using System.Text;
using MetaML.Native;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Native;

/// <summary>The edit as a pure function of bytes, on images written here and on TorchSharp's own library.</summary>
public sealed class ElfSymbolPatchTests
{
    [Fact]
    public void Apply_NewVersion_BecomesTheOldOneAndTheSymbolAHarmlessOne()
    {
        var image = new Image();
        byte[] patched = ElfSymbolPatch.Apply(image.Bytes);
        Assert.True(ElfSymbolPatch.IsNeeded(image.Bytes));
        Assert.Equal(Image.VersionEntry(patched, 0)[..4], Image.VersionEntry(patched, 1)[..4]); // hash
        Assert.Equal(Image.VersionEntry(patched, 0)[8..12], Image.VersionEntry(patched, 1)[8..12]); // name
        Assert.Equal(Image.VersionEntry(image.Bytes, 1)[4..8], Image.VersionEntry(patched, 1)[4..8]); // its index stays
        Assert.Equal(Image.Symbol(patched, 2)[..4], Image.Symbol(patched, 1)[..4]); // the name of floor
        Assert.Equal(Image.Version(patched, 2), Image.Version(patched, 1));
        Assert.True(image.Bytes.Zip(patched).Count(pair => pair.First != pair.Second) <= 14);
    }

    [Fact]
    public void Apply_VersionUsedByAnotherSymbol_Refuses()
    {
        var image = new Image();
        image.SetVersion(2, Image.Version(image.Bytes, 1));
        Assert.Contains("alone; 2 symbols", Assert.Throws<BadImageFormatException>(() => ElfSymbolPatch.Apply(image.Bytes)).Message);
    }

    [Fact]
    public void Apply_Truncated_ThrowsBadImageFormat()
    {
        byte[] bytes = new Image().Bytes;
        for (int length = 0; length < bytes.Length - Image.SectionSize; length++)
            Assert.Throws<BadImageFormatException>(() => ElfSymbolPatch.Apply(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Apply_DamagedAnywhere_PatchesOrThrowsBadImageFormat()
    {
        byte[] bytes = new Image().Bytes;
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(bytes.Length)] = (byte)random.Next(256);
            Exception? error = Record.Exception(() => ElfSymbolPatch.Apply(damaged));
            Assert.True(error is null or BadImageFormatException, error?.ToString());
        }
    }

    [NewVersionFact]
    public void Apply_LibTorchSharp_ChangesFourteenBytesAtMost()
    {
        byte[] bytes = File.ReadAllBytes(NewVersionFactAttribute.Library!);
        byte[] patched = ElfSymbolPatch.Apply(bytes);
        int changed = 0;
        for (int i = 0; i < bytes.Length; i++)
            changed += bytes[i] != patched[i] ? 1 : 0;
        Assert.InRange(changed, 1, 14);
        Assert.Throws<BadImageFormatException>(() => ElfSymbolPatch.Apply(patched)); // nothing asks for the new version any more
    }

    /// <summary>The least that a library with two versions of one need, and two imported symbols, consists of.</summary>
    private sealed class Image
    {
        public const int SectionSize = 64;

        private const int Symbols = 64, Indices = 192, Needs = 224, Names = 320, Sections = 480, SymbolSize = 24;

        public Image()
        {
            Bytes = new byte[Sections + 5 * SectionSize];
            Encoding.ASCII.GetBytes("\u007fELF\u0002\u0001").CopyTo(Bytes, 0);
            Write(40, (long)Sections);
            Write(60, (short)5);

            string names = "\0libstdc++.so.6\0GLIBCXX_3.4.30\0GLIBCXX_3.4.32\0_ZSt21ios_base_library_initv\0floor\0";
            Encoding.ASCII.GetBytes(names).CopyTo(Bytes, Names);
            Write(Symbols + SymbolSize, names.IndexOf("_ZSt21", StringComparison.Ordinal));
            Write(Symbols + 2 * SymbolSize, names.IndexOf("floor", StringComparison.Ordinal));
            SetVersion(1, 3);
            SetVersion(2, 2);

            Write(Needs + 2, (short)2); // versions of the one need
            Write(Needs + 8, 16);
            foreach (var (number, version, next) in new[] { (0, "GLIBCXX_3.4.30", 16), (1, "GLIBCXX_3.4.32", 0) })
            {
                int at = Needs + 16 + 16 * number;
                Write(at, 1000 + number);
                Write(at + 6, (short)(2 + number));
                Write(at + 8, names.IndexOf(version, StringComparison.Ordinal));
                Write(at + 12, next);
            }

            Section(1, 11, Symbols, 3 * SymbolSize, link: 4);
            Section(2, 0x6fffffff, Indices, 6, 1);
            Section(3, 0x6ffffffe, Needs, 48, 4);
            Section(4, 3, Names, names.Length, 0);
        }

        public byte[] Bytes { get; }

        public static byte[] VersionEntry(byte[] image, int number) => image[(Needs + 16 + 16 * number)..(Needs + 32 + 16 * number)];

        public static byte[] Symbol(byte[] image, int number) => image[(Symbols + SymbolSize * number)..(Symbols + SymbolSize * (number + 1))];

        public static short Version(byte[] image, int number) => BinaryPrimitives.ReadInt16LittleEndian(image.AsSpan(Indices + 2 * number));

        public void SetVersion(int number, short version) => Write(Indices + 2 * number, version);

        private void Section(int number, uint type, int offset, int size, int link)
        {
            int at = Sections + number * SectionSize;
            Write(at + 4, (int)type);
            Write(at + 24, (long)offset);
            Write(at + 32, (long)size);
            Write(at + 40, link);
        }

        private void Write(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(at), value);

        private void Write(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(Bytes.AsSpan(at), value);

        private void Write(int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(Bytes.AsSpan(at), value);
    }
}
