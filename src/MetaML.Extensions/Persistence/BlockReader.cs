using System.Buffers.Binary;
using System.Text;

namespace MetaML.Extensions.Persistence;

/// <summary>Reads part of an entry; a length is believed only as far as the bytes are there.</summary>
/// <param name="entry">The entry's name, for errors.</param>
/// <param name="bytes">The entry.</param>
/// <param name="position">Where the part begins.</param>
/// <param name="end">Where it ends.</param>
internal sealed class BlockReader(string entry, byte[] bytes, int position, int end)
{

    public int Remaining => end - position;

    public byte Byte() => Take(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A number of things that follow, each of at least so many bytes.</summary>
    /// <exception cref="InvalidDataException">It is negative, or there are not so many bytes.</exception>
    public int Count(int bytesEach) => Fitting(Int32(), bytesEach);

    /// <summary>The same as LEB128, as ML.NET and BinaryWriter write lengths.</summary>
    public int ShortCount(int bytesEach) => Fitting(Leb128(), bytesEach);

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

    /// <summary>Text as BinaryWriter writes it.</summary>
    public string Text() => Encoding.UTF8.GetString(Take(ShortCount(1)));

    /// <summary>A part of the same entry, from an offset on.</summary>
    /// <exception cref="InvalidDataException">The offset, or the length, is outside the entry.</exception>
    public BlockReader At(long offset, long? length = null)
    {
        if (offset < 0 || offset > end || length is < 0 || length > end - offset)
            throw Damaged($"offsets within its {end} bytes", $"{offset}");
        return Of(bytes, (int)offset, length is { } known ? (int)(offset + known) : end);
    }

    /// <summary>Other bytes, as part of the same entry.</summary>
    public BlockReader Of(byte[] other, int first, int last) => new(entry, other, first, last);

    public ReadOnlySpan<byte> Take(int count)
    {
        int from = position;
        Skip(count);
        return bytes.AsSpan(from, count);
    }

    public InvalidDataException Damaged(string expected, object? got = null) =>
        new($"Entry '{entry}' must have {expected}{(got is null ? "" : $"; got {got}")}. The file is damaged, or was written by another version of ML.NET.");

    private int Fitting(long count, int bytesEach) => count >= 0 && count <= Remaining / bytesEach
        ? (int)count
        : throw Damaged($"counts that its {Remaining} remaining bytes can hold", count);
}
