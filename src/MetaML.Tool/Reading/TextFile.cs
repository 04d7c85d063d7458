using System.IO.Compression;
using System.Text;

namespace MetaML.Tool.Reading;

/// <summary>The text of a file: UTF-8, or UTF-16 with a byte order mark, or else Windows-1252 (of which Latin-1 is a part); compressed by gzip or not.</summary>
internal static class TextFile
{
    private const int BlockBytes = 1 << 16;

    static TextFile() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Finds the encoding of a file.</summary>
    /// <exception cref="ToolException">The file is not text.</exception>
    public static Encoding EncodingOf(string path)
    {
        using Stream file = OpenRaw(path);
        byte[] bytes = new byte[BlockBytes];
        char[] characters = new char[BlockBytes + 1];
        Decoder decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetDecoder();
        bool isFirst = true;
        try
        {
            while (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) is var count and > 0)
            {
                ReadOnlySpan<byte> block = bytes.AsSpan(0, count);
                if (isFirst && block.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
                    return Encoding.Unicode;
                if (isFirst && block.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
                    return Encoding.BigEndianUnicode;
                isFirst = false;
                if (block.Contains((byte)0))
                    throw new ToolException($"'{path}' must be a text file (CSV, TSV) or a Parquet file; it contains bytes that are 0. Export the table as CSV in UTF-8.");
                decoder.Convert(block, characters, flush: false, out _, out _, out _);
            }

            decoder.Convert([], characters, flush: true, out _, out _, out _);
            return Encoding.UTF8;
        }
        catch (DecoderFallbackException)
        {
            return Encoding.GetEncoding(1252);
        }
    }

    /// <summary>Opens the text of a file.</summary>
    public static StreamReader Open(string path, Encoding encoding) => new(OpenRaw(path), encoding, detectEncodingFromByteOrderMarks: true, BlockBytes);

    /// <summary>Opens the bytes of a file, after decompression.</summary>
    /// <exception cref="ToolException">The file does not exist or cannot be read.</exception>
    public static Stream OpenRaw(string path)
    {
        try
        {
            FileStream file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[2];
            bool isGzip = file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start is [0x1F, 0x8B];
            file.Position = 0;
            return isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ToolException($"'{path}' must be an existing file; the folder {Path.GetDirectoryName(Path.GetFullPath(path))} has no such file. Check the path.");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new ToolException($"'{path}' must be a file that can be read. {error.Message}");
        }
    }
}
