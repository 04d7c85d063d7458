using System.Buffers.Binary;
using System.Text;

namespace MetaML.Extensions.Persistence;

/// <summary>Reads a part of an entry. It checks each length in the data against the number of bytes that remain.</summary>
/// <param name="entry">The entry's name, for error messages.</param>
/// <param name="bytes">The bytes of the entry.</param>
/// <param name="position">Offset of the first byte of the part.</param>
/// <param name="end">Offset after the last byte of the part.</param>
internal sealed class BlockReader(string entry, byte[] bytes, int position, int end)
{
    public int Remaining => end - position;

    public byte Byte() => Bytes(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long)));

    /// <summary>Reads the number of items that follow, as an Int32.</summary>
    /// <param name="itemBytes">The least number of bytes of an item.</param>
    /// <exception cref="InvalidDataException">The number is negative, or the remaining bytes cannot contain so many items.</exception>
    public int Count(int itemBytes) => Checked(Int32(), itemBytes);

    /// <summary>Reads the number of items that follow, in the LEB128 format of lengths in ML.NET and BinaryWriter.</summary>
    /// <inheritdoc cref="Count"/>
    public int Leb128Count(int itemBytes) => Checked(Leb128(), itemBytes);

    public long Leb128()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
                return (long)Math.Min(value, long.MaxValue);
        }

        throw Damaged("numbers of at most 64 bits");
    }

    public void Skip(long count)
    {
        if (count < 0 || count > Remaining)
            throw new EndOfStreamException($"Entry '{entry}' must have {count} more bytes; got {Remaining}. The file is damaged.");
        position += (int)count;
    }

    /// <summary>Reads text in the format of BinaryWriter.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes(Leb128Count(1)));

    /// <summary>A reader of another part of the same entry.</summary>
    /// <param name="offset">Offset of its first byte in the entry.</param>
    /// <param name="length">Number of its bytes; null for all that follow.</param>
    /// <exception cref="InvalidDataException">The part is not inside the entry.</exception>
    public BlockReader Slice(long offset, long? length = null)
    {
        if (offset < 0 || offset > end || length is < 0 || length > end - offset)
            throw Damaged($"offsets within its {end} bytes", $"{offset}");
        return new(entry, bytes, (int)offset, length is { } known ? (int)(offset + known) : end);
    }

    /// <summary>A reader of the decompressed content of a part of the entry. Errors name the same entry.</summary>
    public BlockReader OfContent(byte[] content) => new(entry, content, 0, content.Length);

    public ReadOnlySpan<byte> Bytes(int count)
    {
        int start = position;
        Skip(count);
        return bytes.AsSpan(start, count);
    }

    /// <summary>The error of an entry that is not as expected.</summary>
    /// <param name="expected">The constraint.</param>
    /// <param name="got">The value, or null.</param>
    public InvalidDataException Damaged(string expected, object? got = null) =>
        new($"Entry '{entry}' must have {expected}{(got is null ? "" : $"; got {got}")}. The file is damaged, or was written by another version of ML.NET.");

    private int Checked(long count, int itemBytes) => count >= 0 && count <= Remaining / itemBytes
        ? (int)count
        : throw Damaged($"counts that fit its {Remaining} remaining bytes", count);
}
