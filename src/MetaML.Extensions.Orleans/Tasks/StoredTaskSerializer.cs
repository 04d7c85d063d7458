using MetaML.Files;
using Orleans.Storage;

namespace MetaML.Extensions.Orleans.Tasks;

/// <summary>Writes the states of tasks for the storage in a compact form. Other states are written as the cluster's own serializer does.</summary>
/// <param name="others">The serializer of other states.</param>
internal sealed class StoredTaskSerializer(IGrainStorageSerializer others) : IGrainStorageSerializer
{
    // *** Binary format ***
    // 4 bytes: "MTS" and the version of the format; string: version of the model; int: bytes of the task, and these; int: bytes of the events, and these
    private const byte FormatVersion = 1;

    private static ReadOnlySpan<byte> Magic => "MTS"u8;

    public BinaryData Serialize<T>(T? input)
    {
        if (input is not StoredTask state)
            return others.Serialize(input);
        using var stream = new MemoryStream(state.ByteCount + 32);
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(state.Version);
        writer.Write(state.Task.Length);
        writer.Write(state.Task);
        writer.Write(state.Events.Length);
        writer.Write(state.Events);
        writer.Flush();
        return new BinaryData(stream.ToArray());
    }

    public T? Deserialize<T>(BinaryData input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (typeof(T) != typeof(StoredTask))
            return others.Deserialize<T>(input);
        byte[] bytes = input.ToArray();
        if (!bytes.AsSpan().StartsWith(Magic) || bytes.Length <= Magic.Length)
            throw new InvalidDataException("The stored state of a task must begin with its magic number; it does not. The storage is damaged, or was written with another serializer.");
        if (bytes[Magic.Length] != FormatVersion)
            throw new InvalidDataException($"The format version of the stored state of a task must be {FormatVersion}; got {bytes[Magic.Length]}. It was written by a newer version of MetaML. Update MetaML.");
        using var stream = new MemoryStream(bytes, Magic.Length + 1, bytes.Length - Magic.Length - 1);
        using var reader = new BinaryReader(stream);
        try
        {
            var state = new StoredTask { Version = BinaryFormat.ReadName(reader), Task = ReadBytes(reader), Events = ReadBytes(reader) };
            return stream.Position == stream.Length && state.Events.Length % StoredTask.EventBytes == 0
                ? (T)(object)state
                : throw new InvalidDataException("The stored state of a task must end with whole ids of events; it does not. The storage is damaged.");
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("The stored state of a task ends too early. The storage is damaged.", error);
        }
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        long available = reader.BaseStream.Length - reader.BaseStream.Position;
        return count >= 0 && count <= available ? reader.ReadBytes(count) : throw new InvalidDataException($"A length in the stored state of a task must be at most {available}; got {count}. The storage is damaged.");
    }
}
