using System.Buffers.Binary;
using System.Text;

namespace MetaML.Extensions.Persistence;

/// <summary>An entry Model.key: ML.NET's header of 256 bytes, the block of the loader, a table of strings, the name of an assembly, and a tail.</summary>
/// <remarks>Source: ModelHeader.cs of ML.NET 5.0. The check there does not detect sums that overflow.</remarks>
internal sealed class ModelBlock
{
    private const int HeaderBytes = 0x100;
    private const ulong Signature = 0x4C45444F4D004C4D, TailSignature = 0x4D4C004D4F44454C;
    private const uint FormatVersion = 0x00010002;

    private readonly byte[] _bytes;
    private readonly int _stringsEnd;

    private ModelBlock(byte[] bytes, BlockReader block, int stringsEnd, string loader, uint written, uint readable)
    {
        _bytes = bytes;
        _stringsEnd = stringsEnd;
        Block = block;
        Loader = loader;
        Written = written;
        Readable = readable;
    }

    /// <summary>The block that the loader reads.</summary>
    public BlockReader Block { get; }

    /// <summary>The signature of the loader.</summary>
    public string Loader { get; }

    /// <summary>The version of the loader's format.</summary>
    public uint Written { get; }

    /// <summary>The version that a reader must know.</summary>
    public uint Readable { get; }

    /// <summary>Reads the header, and checks all its offsets and lengths against the size of the entry.</summary>
    /// <exception cref="InvalidDataException">The entry does not have ML.NET's format.</exception>
    public static ModelBlock Parse(string entry, byte[] bytes)
    {
        var whole = new BlockReader(entry, bytes, 0, bytes.Length);
        ReadOnlySpan<byte> header = bytes.Length >= HeaderBytes ? bytes.AsSpan(0, HeaderBytes) : throw whole.Damaged($"a header of {HeaderBytes} bytes", bytes.Length);
        uint written = UInt32(header, 0x08), readable = UInt32(header, 0x0c);
        if (UInt64(header, 0) != Signature || written < FormatVersion || readable > FormatVersion)
            throw whole.Damaged("ML.NET's signature and a known version");

        long end = HeaderBytes;
        void Expect(ReadOnlySpan<byte> header, int field, long expected)
        {
            if ((long)UInt64(header, field) != expected)
                throw whole.Damaged($"consecutive parts, and so offset {expected} in the header at 0x{field:x2}", (long)UInt64(header, field));
        }

        long Length(ReadOnlySpan<byte> header, int field, int unit)
        {
            long length = (long)UInt64(header, field);
            return length >= 0 && length <= bytes.Length - end && length % unit == 0 ? length : throw whole.Damaged($"lengths within its {bytes.Length} bytes", length);
        }

        Expect(header, 0x10, end);
        end += Length(header, 0x18, 1);
        var block = new BlockReader(entry, bytes, HeaderBytes, (int)end);
        if (UInt64(header, 0x20) == 0)
        {
            Expect(header, 0x28, 0);
            Expect(header, 0x30, 0);
            Expect(header, 0x38, 0);
        }
        else
        {
            Expect(header, 0x20, end);
            long table = Length(header, 0x28, sizeof(long));
            if (table == 0)
                throw whole.Damaged("at least one string in its table of strings");
            var limits = new BlockReader(entry, bytes, (int)end, (int)(end + table));
            end += table;
            Expect(header, 0x30, end);
            long characters = Length(header, 0x38, sizeof(char)), last = 0;
            for (long i = table / sizeof(long); i > 0; i--)
            {
                long next = limits.Int64();
                if (next < last || next > characters || next % sizeof(char) != 0 || (i == 1 && next != characters))
                    throw whole.Damaged("strings at increasing offsets", next);
                last = next;
            }

            end += characters;
        }

        int stringsEnd = (int)end;
        if (UInt64(header, 0x90) != 0)
        {
            Expect(header, 0x90, end);
            uint name = UInt32(header, 0x98);
            end += name <= bytes.Length - end && name % sizeof(char) == 0 ? name : throw whole.Damaged("the assembly's name within its bytes", name);
        }
        else if (UInt32(header, 0x98) != 0)
        {
            throw whole.Damaged("length 0 for the name of an assembly that is absent");
        }

        Expect(header, 0x80, end);
        Expect(header, 0x88, end + sizeof(ulong));
        if (bytes.Length != end + sizeof(ulong) || UInt64(bytes, (int)end) != TailSignature)
            throw whole.Damaged("a tail at its end");
        string loader = Encoding.Latin1.GetString(header[0x50..0x68]).TrimEnd('\0');
        return new ModelBlock(bytes, block, stringsEnd, loader, UInt32(header, 0x48), UInt32(header, 0x4c));
    }

    /// <summary>The entry without the names of an assembly and of an alternative loader, so that the file cannot decide which code is loaded.</summary>
    public byte[] WithoutAssembly()
    {
        var bytes = new byte[_stringsEnd + sizeof(ulong)];
        _bytes.AsSpan(0, _stringsEnd).CopyTo(bytes);
        bytes.AsSpan(0x68, 0x18).Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x80), _stringsEnd);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x88), bytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(0x90), _stringsEnd); // an empty name: without a name, ML.NET's reader looks for the tail at a wrong offset
        bytes.AsSpan(0x98, sizeof(uint)).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(_stringsEnd), TailSignature);
        return bytes;
    }

    private static ulong UInt64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
