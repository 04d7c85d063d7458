using System.IO.Compression;
using MetaML.Files;

namespace MetaML.Extensions.Persistence;

/// <summary>Reads the entries of a model's zip file and checks sizes, names and checksums.</summary>
internal static class ModelArchive
{
    private const int MaximumNameLength = 1024;

    // ML.NET's loaders are recursive, with one call for each folder. A deep path would overflow the stack.
    private const int MaximumDepth = 32;
    private const int BlockBytes = 81_920;

    /// <summary>Reads all entries.</summary>
    /// <param name="file">A seekable stream.</param>
    /// <param name="options">Validated options.</param>
    /// <returns>The content of each entry by its name, with / between folders.</returns>
    /// <exception cref="InvalidDataException">The file is not a zip file, is damaged, or exceeds a limit.</exception>
    public static Dictionary<string, byte[]> Read(Stream file, CheckedLoadOptions options)
    {
        file.Position = 0;
        var budget = new ByteBudget(
            options.MaximumUncompressedBytes ?? Math.Min(file.Length, long.MaxValue / 2) / 4 * 5 + (8 << 20),
            "The total size of the decompressed entries",
            $"Raise {nameof(CheckedLoadOptions)}.{nameof(CheckedLoadOptions.MaximumUncompressedBytes)} if you trust it.");
        using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        if (zip.Entries.Count > options.MaximumEntries)
            throw new InvalidDataException($"A model must have at most {options.MaximumEntries} entries; got {zip.Entries.Count}. The file is damaged or hostile. Raise {nameof(CheckedLoadOptions)}.{nameof(CheckedLoadOptions.MaximumEntries)} if you trust it.");

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase); // ML.NET's own reader ignores case
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            budget.Reserve(entry.Length); // the declared sizes of all entries, before the first is decompressed
            if (!names.Add(CheckedName(entry)))
                throw new InvalidDataException($"A model's entries must have different names; got '{Shortened(entry.FullName)}' twice. The file is damaged or hostile.");
        }

        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using var content = new MemoryStream();
            Copy(entry, content);
            contents.Add(CheckedName(entry), content.ToArray());
        }

        return contents;
    }

    /// <summary>Reads a file that this process wrote, to verify that it is complete.</summary>
    /// <param name="file">A seekable stream, at its start.</param>
    /// <exception cref="IOException">The file is not complete, for example because the disk is full.</exception>
    public static void Verify(Stream file)
    {
        try
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
            foreach (ZipArchiveEntry entry in zip.Entries)
                Copy(entry, Stream.Null);
        }
        catch (InvalidDataException error)
        {
            throw new IOException("The saved file cannot be read again. The old file has not changed. The disk may be full.", error);
        }
    }

    private static void Copy(ZipArchiveEntry entry, Stream destination)
    {
        using Stream content = entry.Open();
        var buffer = new byte[(int)Math.Clamp(entry.Length, 1, BlockBytes)];
        long length = 0;
        uint crc = 0;
        for (int count; (count = content.Read(buffer)) > 0;)
        {
            length += count;
            if (length > entry.Length)
                break;
            crc = Crc32.Append(crc, buffer.AsSpan(0, count));
            destination.Write(buffer, 0, count);
        }

        if (length != entry.Length || crc != entry.Crc32)
            throw new InvalidDataException($"Entry '{Shortened(entry.FullName)}' must have the length and the checksum that it declares. The file is damaged.");
    }

    private static string CheckedName(ZipArchiveEntry entry)
    {
        string name = entry.FullName.Replace('\\', '/'); // on Windows, ML.NET writes backslashes
        string[] parts = name.Split('/');
        bool isGood = name.Length <= MaximumNameLength && parts.Length <= MaximumDepth
            && parts.All(part => part.Length > 0 && !part.Contains("..", StringComparison.Ordinal) && part != "." && !part.Contains(':', StringComparison.Ordinal) && !part.Any(char.IsControl));
        return isGood ? name : throw new InvalidDataException($"An entry's name must be a relative path of at most {MaximumDepth} parts, without '.', '..', ':' and control characters; got '{Shortened(entry.FullName)}'. The file is damaged or hostile.");
    }

    private static string Shortened(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
