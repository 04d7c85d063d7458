using System.Buffers.Binary;
using System.Text;

namespace MetaML.Native;

/// <summary>
/// Changes a shared library that was linked against a newer libstdc++ so that it loads with an older one. The only symbol
/// that it uses of the newer version initialises the standard streams. The older version initialises them by itself.
/// </summary>
/// <remarks>A pure function on the bytes of a 64-bit little-endian ELF image.</remarks>
internal static class ElfSymbolPatch
{
    /// <summary>The symbol version that Debian 12, Ubuntu 22.04 and RHEL 9 lack.</summary>
    public const string NewVersion = "GLIBCXX_3.4.32";

    /// <summary>std::ios_base_library_init(), the only symbol of that version that the library uses.</summary>
    public const string NewSymbol = "_ZSt21ios_base_library_initv";

    private const uint DynamicSymbols = 11, VersionNeeds = 0x6ffffffe, VersionIndices = 0x6fffffff;
    private const int SymbolSize = 24, SectionSize = 64;

    // Nearly every library imports them, and a call with arbitrary register contents has no effect.
    private static readonly string[] s_substitutes = ["floor", "ceil", "round", "log", "exp"];

    /// <summary>Whether the image requires <see cref="NewVersion"/>.</summary>
    public static bool IsNeeded(ReadOnlySpan<byte> image) => image.IndexOf(Encoding.ASCII.GetBytes(NewVersion + '\0')) >= 0;

    /// <summary>A copy of the image that requires an older version instead of <see cref="NewVersion"/> and calls a harmless function instead of <see cref="NewSymbol"/>.</summary>
    /// <param name="image">The library's bytes.</param>
    /// <exception cref="BadImageFormatException">The image is not of the expected form, or it uses the new version for another symbol too.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> image)
    {
        byte[] patched = image.ToArray();
        try
        {
            Patch(patched);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new BadImageFormatException("The image ends too early, or an offset in it points outside.", error);
        }

        return patched;
    }

    private static void Patch(byte[] image)
    {
        if (!image.AsSpan(0, 6).SequenceEqual(new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1 }))
            throw new BadImageFormatException("The image must be 64-bit little-endian ELF.");

        Section symbols = Find(image, DynamicSymbols), needs = Find(image, VersionNeeds), indices = Find(image, VersionIndices);
        int names = Find(image, symbols.Link).Offset;

        int index = RedirectVersion(image, needs, names);
        int target = -1, substitute = -1, users = 0;
        for (int i = 0; i < symbols.Size / SymbolSize; i++)
        {
            int at = symbols.Offset + i * SymbolSize;
            if (UInt16(image, indices.Offset + 2 * i) == index)
                users++;
            bool isImported = UInt16(image, at + 6) == 0;
            string name = Name(image, names + Int32(image, at));
            if (isImported && name == NewSymbol)
                target = i;
            else if (isImported && substitute < 0 && s_substitutes.Contains(name))
                substitute = i;
        }

        if (target < 0 || users != 1)
            throw new BadImageFormatException($"{NewVersion} must be used for {NewSymbol} alone; {users} symbols use it.");
        if (substitute < 0)
            throw new BadImageFormatException("The image imports no function that can replace the missing one.");
        Copy(image, symbols.Offset + substitute * SymbolSize, symbols.Offset + target * SymbolSize, 4); // the name
        Copy(image, indices.Offset + 2 * substitute, indices.Offset + 2 * target, 2); // its version
    }

    // Writes the hash and name of an older version into the new version's entry; returns the entry's index.
    private static int RedirectVersion(byte[] image, Section needs, int names)
    {
        for (int need = needs.Offset; ;)
        {
            int newEntry = -1, oldEntry = -1;
            int entry = need + Int32(image, need + 8);
            for (int i = UInt16(image, need + 2); i > 0; i--)
            {
                string name = Name(image, names + Int32(image, entry + 8));
                if (name == NewVersion)
                    newEntry = entry;
                else if (name.StartsWith("GLIBCXX_3.4", StringComparison.Ordinal))
                    oldEntry = entry;
                entry += Int32(image, entry + 12);
            }

            if (newEntry >= 0 && oldEntry >= 0)
            {
                Copy(image, oldEntry, newEntry, 4); // hash
                Copy(image, oldEntry + 8, newEntry + 8, 4); // name
                return UInt16(image, newEntry + 6);
            }

            int next = Int32(image, need + 12);
            if (next <= 0)
                throw new BadImageFormatException($"The image must need {NewVersion} and an older version of the same library.");
            need += next;
        }
    }

    private static Section Find(byte[] image, uint type)
    {
        for (int i = 0; i < UInt16(image, 60); i++)
        {
            Section section = Find(image, i);
            if (section.Type == type)
                return section;
        }

        throw new BadImageFormatException($"The image has no section of type 0x{type:x}.");
    }

    private static Section Find(byte[] image, int number)
    {
        int at = checked(Offset(image, 40) + number * SectionSize);
        return new Section((uint)Int32(image, at + 4), Offset(image, at + 24), Offset(image, at + 32), Int32(image, at + 40));
    }

    private static string Name(byte[] image, int at)
    {
        ReadOnlySpan<byte> rest = image.AsSpan(at);
        int end = rest.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }

    private static void Copy(byte[] image, int from, int to, int count) => image.AsSpan(from, count).CopyTo(image.AsSpan(to, count));

    private static int UInt16(byte[] image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(at));

    private static int Int32(byte[] image, int at) => BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(at));

    private static int Offset(byte[] image, int at) => checked((int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at)));

    private readonly record struct Section(uint Type, int Offset, int Size, int Link);
}
