using System.IO.Compression;

namespace MetaML.Extensions.Persistence;

/// <summary>Checks the entry Schema. It is a data view without rows in ML.NET's binary format. Its columns and annotations are the schema.</summary>
/// <remarks>Source: BinaryLoader.cs and Codecs.cs of ML.NET 5.0. ML.NET reads an annotation only when a program requests it. This class checks all annotations.</remarks>
internal static class SchemaCheck
{
    private const int HeaderBytes = 0x100;
    private const long Signature = 0x00425644004C4D43;

    /// <summary>Checks all lengths.</summary>
    /// <param name="entry">The entry's name.</param>
    /// <param name="bytes">The entry.</param>
    /// <param name="budget">The budget for decompressed annotations.</param>
    /// <exception cref="InvalidDataException">The entry does not have ML.NET's format.</exception>
    public static void Check(string entry, byte[] bytes, ByteBudget budget)
    {
        var whole = new BlockReader(entry, bytes, 0, bytes.Length);
        if (whole.Int64() != Signature)
            throw whole.Damaged("the signature of ML.NET's binary format");
        whole.Skip(2 * sizeof(long)); // the versions; ML.NET checks them
        long contents = whole.Int64(), tail = whole.Int64(), rows = whole.Int64();
        int columns = whole.Int32();
        if (rows != 0 || columns < 0 || columns > bytes.Length)
            throw whole.Damaged("columns and no rows", $"{columns} columns and {rows} rows");
        if (tail < HeaderBytes || tail > bytes.Length - sizeof(long))
            throw whole.Damaged("its tail within its bytes", tail);
        if (columns == 0)
            return;

        BlockReader reader = whole.Slice(contents >= HeaderBytes ? contents : throw whole.Damaged("contents after its header", contents));
        for (int c = 0; c < columns; c++)
        {
            reader.Text();
            CodecCheck.Read(reader);
            CheckCompression(reader);
            reader.Leb128(); // rows in a block
            reader.Int64(); // offset of the blocks, of which there are none
            long annotations = reader.Int64();
            if (annotations != 0)
                CheckAnnotations(whole, annotations, budget);
        }
    }

    private static void CheckAnnotations(BlockReader whole, long contents, ByteBudget budget)
    {
        BlockReader reader = whole.Slice(contents);
        for (int i = reader.Leb128Count(1); i > 0; i--)
        {
            reader.Text();
            CodecCheck codec = CodecCheck.Read(reader);
            bool isCompressed = CheckCompression(reader);
            BlockReader block = whole.Slice(reader.Int64(), reader.Leb128());
            codec.Skip(isCompressed ? Decompressed(block, budget) : block, 1, budget);
        }
    }

    private static bool CheckCompression(BlockReader reader) => reader.Byte() switch
    {
        0 => false,
        1 => true,
        byte other => throw reader.Damaged("a known compression", other),
    };

    private static BlockReader Decompressed(BlockReader block, ByteBudget budget)
    {
        using var source = new DeflateStream(new MemoryStream(block.Bytes(block.Remaining).ToArray()), CompressionMode.Decompress);
        using var content = new MemoryStream();
        var buffer = new byte[4096];
        for (int count; (count = source.Read(buffer)) > 0;)
        {
            budget.Reserve(count);
            content.Write(buffer, 0, count);
        }

        return block.OfContent(content.ToArray());
    }
}
