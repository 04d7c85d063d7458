namespace MetaML.Files;

/// <summary>What a checkpoint's file holds.</summary>
/// <param name="Version">Of the library that wrote it: another may train differently.</param>
/// <param name="Options">What governs the training, a line each.</param>
/// <param name="Data">A hash of the tasks and their rows.</param>
/// <param name="Loops">The state of each outer loop that has begun, in order; all but the last are over.</param>
internal sealed record CheckpointFile(string Version, string Options, string Data, IReadOnlyList<byte[]> Loops)
{
    // *** Binary format ***
    // 8 bytes: "MetaMLcp"; int: format version
    // string: library's version; string: options; string: hash of the data
    // int: number of outer loops; for each int: length, and its state
    // uint: CRC-32 of all before
    private const int FormatVersion = 1;
    private const int MostLoops = 64;
    private const int MostTextBytes = 1 << 26;
    private static ReadOnlySpan<byte> Magic => "MetaMLcp"u8;

    /// <summary>Replaces the file in one step.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">Its folder may not be written.</exception>
    public void Write(string path)
    {
        byte[] all = ToBytes();
        AtomicFile.Write(path, file => file.Write(all), file =>
        {
            if (file.Length != all.Length)
                throw new IOException($"A checkpoint of {all.Length} bytes must be written whole; got {file.Length}. The disk is full or fails.");
        });
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no checkpoint, is damaged, or of a newer version.</exception>
    public static CheckpointFile Read(string path)
    {
        if (new FileInfo(path).Length > Array.MaxLength)
            throw new InvalidDataException($"A checkpoint must be at most {Array.MaxLength} bytes; got '{path}', which is larger. It is none.");
        return FromBytes(File.ReadAllBytes(path));
    }

    internal byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(FormatVersion);
        writer.Write(Version);
        writer.Write(Options);
        writer.Write(Data);
        writer.Write(Loops.Count);
        foreach (byte[] loop in Loops)
        {
            writer.Write(loop.Length);
            writer.Write(loop);
        }

        writer.Flush();
        writer.Write(Crc32.Append(0, stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        writer.Flush();
        return stream.ToArray();
    }

    internal static CheckpointFile FromBytes(byte[] all)
    {
        if (all.Length < Magic.Length + 2 * sizeof(int) || !all.AsSpan().StartsWith(Magic))
            throw new InvalidDataException("The file must be a checkpoint of MetaML; it is none. Name another path, or delete the file.");
        int version = BitConverter.ToInt32(all, Magic.Length);
        if (version != FormatVersion)
            throw new InvalidDataException($"The checkpoint's format version must be {FormatVersion}; got {version}. It was written by another version of MetaML. Go on with that one, or delete the file.");
        int length = all.Length - sizeof(uint);
        if (Crc32.Append(0, all.AsSpan(0, length)) != BitConverter.ToUInt32(all, length))
            throw new InvalidDataException("The checkpoint's checksum must be that of its content; it is not. The file is damaged. Delete it to begin anew.");

        using var stream = new MemoryStream(all, Magic.Length + sizeof(int), length - Magic.Length - sizeof(int));
        using var reader = new BinaryReader(stream);
        try
        {
            string library = BinaryFormat.ReadText(reader, MostTextBytes, "the library's version"), options = BinaryFormat.ReadText(reader, MostTextBytes, "the options"), data = BinaryFormat.ReadText(reader, MostTextBytes, "the data's hash");
            var loops = new byte[BinaryFormat.ReadCount(reader, MostLoops, "outer loops")][];
            for (int i = 0; i < loops.Length; i++)
            {
                loops[i] = new byte[BinaryFormat.ReadCount(reader, (int)(stream.Length - stream.Position), "bytes of a loop's state")];
                stream.ReadExactly(loops[i]);
            }

            return stream.Position == stream.Length ? new CheckpointFile(library, options, data, loops) : throw new InvalidDataException("A checkpoint must end with its last loop; there is more. The file is damaged.");
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("The checkpoint ends too early. The file is damaged. Delete it to begin anew.", error);
        }
    }
}
