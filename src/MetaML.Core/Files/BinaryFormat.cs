using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using MetaML.Data;

namespace MetaML.Files;

/// <summary>Reads and writes numbers and text. A length in the data is not trusted: memory grows only with the bytes that are read.</summary>
internal static class BinaryFormat
{
    public const int MaximumOutputs = LabelRule.MaximumClasses;
    private const int NumbersPerBlock = 16_384;
    private const int BytesPerBlock = 4 * NumbersPerBlock;

    public static void WriteFloats(BinaryWriter writer, ReadOnlySpan<float> values) => WriteNumbers(writer, values);

    public static float[] ReadFloats(BinaryReader reader, long count) => ReadNumbers<float>(reader, count);

    public static void WriteNumbers<T>(BinaryWriter writer, ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T> => writer.Write(MemoryMarshal.AsBytes(values));

    /// <summary>Reads numbers that may be NaN or infinite.</summary>
    public static float[] ReadFloatsOrNaN(BinaryReader reader, long count) => ReadAny<float>(reader, count);

    /// <summary>Reads finite numbers.</summary>
    public static T[] ReadNumbers<T>(BinaryReader reader, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] values = ReadAny<T>(reader, count);
        foreach (T value in values)
        {
            if (!T.IsFinite(value))
                throw new InvalidDataException($"A model's numbers must be finite; got {value}. The file is damaged.");
        }

        return values;
    }

    private static T[] ReadAny<T>(BinaryReader reader, long count)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = new ArrayBufferWriter<T>((int)Math.Clamp(count, 1, NumbersPerBlock));
        while (values.WrittenCount < count)
        {
            int block = (int)Math.Min(NumbersPerBlock, count - values.WrittenCount);
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.GetSpan(block)[..block]));
            values.Advance(block);
        }

        return values.WrittenSpan.ToArray();
    }

    /// <summary>Reads text that BinaryWriter wrote. BinaryReader would throw a plain IOException on a damaged length.</summary>
    public static string ReadText(BinaryReader reader, int maximumBytes, string what)
    {
        int length = ReadLength(reader);
        if (length > maximumBytes)
            throw new InvalidDataException($"The length of {what} must be between 0 and {maximumBytes} bytes; got {length}. The file is damaged.");
        var bytes = new byte[length];
        reader.BaseStream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads a name of any length.</summary>
    public static string ReadName(BinaryReader reader)
    {
        int length = ReadLength(reader);
        var bytes = new ArrayBufferWriter<byte>(Math.Clamp(length, 1, BytesPerBlock));
        while (bytes.WrittenCount < length)
        {
            int block = Math.Min(BytesPerBlock, length - bytes.WrittenCount);
            reader.BaseStream.ReadExactly(bytes.GetSpan(block)[..block]);
            bytes.Advance(block);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public static int ReadCount(BinaryReader reader, int maximum, string what)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= maximum ? count : throw new InvalidDataException($"The number of {what} must be between 0 and {maximum}; got {count}. The file is damaged.");
    }

    private static int ReadLength(BinaryReader reader)
    {
        uint length = 0;
        for (int shift = 0; shift < 35; shift += 7) // the encoding of BinaryReader, which would throw a FormatException
        {
            byte next = reader.ReadByte();
            length |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
                return length <= int.MaxValue ? (int)length : throw new InvalidDataException($"A text's length must not be negative; got {(int)length}. The file is damaged.");
        }

        throw new InvalidDataException("A text's length must have at most five bytes. The file is damaged.");
    }
}
