using System.Runtime.InteropServices;
using MetaML.Files;
using MetaML.Parameters;

namespace MetaML.Pretrained.Network;

/// <summary>The sizes of a network and the values of its parameters, as a file of half-precision numbers.</summary>
/// <param name="Shape">The sizes.</param>
/// <param name="Parameters">The values, in the order of <see cref="NetworkShape.Parameters"/>.</param>
internal sealed record NetworkWeights(NetworkShape Shape, ParameterArray[] Parameters)
{
    // *** Binary format ***
    // 8 bytes: "MetaMLpf"; int: format version
    // 5 ints: slots, width, heads, layers, hidden units
    // Half[]: the values of all parameters, in order
    // uint: CRC-32 of all bytes before it
    private const int FormatVersion = 1;
    private static ReadOnlySpan<byte> Magic => "MetaMLpf"u8;

    /// <summary>The values of a parameter.</summary>
    public float[] this[string name] => Array.Find(Parameters, parameter => parameter.Name == name)!.Values;

    /// <summary>The file's bytes. Each value is rounded to half precision.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        foreach (int size in (ReadOnlySpan<int>)[Shape.Slots, Shape.Width, Shape.Heads, Shape.Layers, Shape.Hidden])
            writer.Write(size);
        foreach (ParameterArray parameter in Parameters)
            writer.Write(MemoryMarshal.AsBytes<Half>(Array.ConvertAll(parameter.Values, value => (Half)value)));
        writer.Flush();
        writer.Write(Crc32.Append(0, stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a weight file of this version, or they are damaged.</exception>
    public static NetworkWeights FromBytes(ReadOnlySpan<byte> bytes)
    {
        const int header = 8 + 6 * sizeof(int);
        if (bytes.Length < header + sizeof(uint) || !bytes.StartsWith(Magic))
            throw new InvalidDataException("The weights must be a weight file of MetaML.Pretrained; they are not. Install the package again.");
        ReadOnlySpan<int> numbers = MemoryMarshal.Cast<byte, int>(bytes[8..header]);
        if (numbers[0] != FormatVersion)
            throw new InvalidDataException($"The weights' format version must be {FormatVersion}; got {numbers[0]}. Install the package again.");
        if (Crc32.Append(0, bytes[..^sizeof(uint)]) != MemoryMarshal.Read<uint>(bytes[^sizeof(uint)..]))
            throw new InvalidDataException("The weights' checksum must be that of their content; it is not. The file is damaged. Install the package again.");
        var shape = new NetworkShape(numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
        ReadOnlySpan<Half> values = MemoryMarshal.Cast<byte, Half>(bytes[header..^sizeof(uint)]);
        if (values.Length != shape.Parameters.Sum(spec => spec.Count))
            throw new InvalidDataException($"The weights must hold the parameters of {shape}; got {values.Length} values. The file is damaged. Install the package again.");
        var parameters = new List<ParameterArray>();
        foreach (ParameterSpec spec in shape.Parameters)
        {
            parameters.Add(new ParameterArray(spec.Name, Array.ConvertAll(values[..spec.Count].ToArray(), value => (float)value)));
            values = values[spec.Count..];
        }

        return new NetworkWeights(shape, [.. parameters]);
    }
}
