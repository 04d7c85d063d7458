namespace MetaML.Files;

/// <summary>The content of a checkpoint file.</summary>
/// <param name="Version">The version of the library that wrote it. Another version may train differently.</param>
/// <param name="Options">The options that determine the training, one line each.</param>
/// <param name="Data">A hash of the tasks and their rows.</param>
/// <param name="Loops">The state of each outer loop that has started, in order. All but the last have ended.</param>
internal sealed record CheckpointFile(string Version, string Options, string Data, IReadOnlyList<byte[]> Loops)
{
    // *** Binary format ***
    // 8 bytes: "MetaMLcp"; int: format version
    // string: library's version; string: options; string: hash of the data
    // int: number of outer loops; for each int: length, and its state
    // uint: CRC-32 of all bytes before it
    private const int FormatVersion = 1;
    private const int MaximumLoops = 64;
    private const int MaximumTextBytes = 1 << 26;
    private static ReadOnlySpan<byte> Magic => "MetaMLcp"u8;

    /// <summary>Replaces the file in one atomic step.</summary>
    /// <exception cref="IOException">The file cannot be written. The old one is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the folder.</exception>
    public void Write(string path)
    {
        byte[] all = ToBytes();
        AtomicFile.Write(path, file => file.Write(all), file =>
        {
            if (file.Length != all.Length)
                throw new IOException($"A checkpoint of {all.Length} bytes must be written completely; got {file.Length}. The disk is full or faulty. Free space on it, or name a path on another disk.");
        });
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not a checkpoint, is damaged, or is of another format version.</exception>
    public static CheckpointFile Read(string path)
    {
        if (new FileInfo(path).Length > Array.MaxLength)
            throw new InvalidDataException($"A checkpoint must be at most {Array.MaxLength} bytes; got '{path}', which is larger. It is not a checkpoint. Name another path.");
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
            throw new InvalidDataException("The file must be a checkpoint of MetaML; it is not. Name another path, or delete the file.");
        int version = BitConverter.ToInt32(all, Magic.Length);
        if (version != FormatVersion)
            throw new InvalidDataException($"The checkpoint's format version must be {FormatVersion}; got {version}. It was written by another version of MetaML. Continue with that version, or delete the file.");
        int length = all.Length - sizeof(uint);
        if (Crc32.Append(0, all.AsSpan(0, length)) != BitConverter.ToUInt32(all, length))
            throw new InvalidDataException("The checkpoint's checksum must be that of its content; it is not. The file is damaged. Delete it to start again.");

        using var stream = new MemoryStream(all, Magic.Length + sizeof(int), length - Magic.Length - sizeof(int));
        using var reader = new BinaryReader(stream);
        try
        {
            string library = BinaryFormat.ReadText(reader, MaximumTextBytes, "the library's version"), options = BinaryFormat.ReadText(reader, MaximumTextBytes, "the options"), data = BinaryFormat.ReadText(reader, MaximumTextBytes, "the data's hash");
            var loops = new byte[BinaryFormat.ReadCount(reader, MaximumLoops, "outer loops")][];
            for (int i = 0; i < loops.Length; i++)
            {
                loops[i] = new byte[BinaryFormat.ReadCount(reader, (int)(stream.Length - stream.Position), "bytes of a loop's state")];
                stream.ReadExactly(loops[i]);
            }

            return stream.Position == stream.Length ? new CheckpointFile(library, options, data, loops) : throw new InvalidDataException("A checkpoint must end with its last loop; there is more. The file is damaged.");
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("The checkpoint ends too early. The file is damaged. Delete it to start again.", error);
        }
    }
}
