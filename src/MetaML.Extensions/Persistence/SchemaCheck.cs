using System.IO.Compression;

namespace MetaML.Extensions.Persistence;

/// <summary>The entry Schema: a data view without rows in ML.NET's binary format, whose columns and annotations are the schema.</summary>
/// <remarks>Source: BinaryLoader.cs and Codecs.cs of ML.NET 5.0. ML.NET reads annotations only when they are asked for: they are checked here all the same.</remarks>
internal static class SchemaCheck
{
    private const int HeaderBytes = 0x100;
    private const long Signature = 0x00425644004C4D43;

    /// <summary>Checks every length.</summary>
    /// <param name="entry">The entry's name.</param>
    /// <param name="bytes">The entry.</param>
    /// <param name="budget">For annotations that decompress to more than they hold.</param>
    /// <exception cref="InvalidDataException">The entry is not as ML.NET writes it.</exception>
    public static void Check(string entry, byte[] bytes, ByteBudget budget)
    {
        var whole = new BlockReader(entry, bytes, 0, bytes.Length);
        if (whole.Int64() != Signature)
            throw whole.Damaged("the signature of ML.NET's binary format");
        whole.Skip(2 * sizeof(long)); // versions, which ML.NET checks
        long contents = whole.Int64(), tail = whole.Int64(), rows = whole.Int64();
        int columns = whole.Int32();
        if (rows != 0 || columns < 0 || columns > bytes.Length)
            throw whole.Damaged("columns and no rows", $"{columns} columns and {rows} rows");
        if (tail < HeaderBytes || tail > bytes.Length - sizeof(long))
            throw whole.Damaged("its tail within its bytes", tail);
        if (columns == 0)
            return;

        BlockReader reader = whole.At(contents >= HeaderBytes ? contents : throw whole.Damaged("contents after its header", contents));
        for (int c = 0; c < columns; c++)
        {
            reader.Text();
            CodecCheck.Read(reader);
            CheckCompression(reader);
            reader.Leb128(); // rows in a block
            reader.Int64(); // where the blocks would be
            long annotations = reader.Int64();
            if (annotations != 0)
                CheckAnnotations(whole, annotations, budget);
        }
    }

    private static void CheckAnnotations(BlockReader whole, long contents, ByteBudget budget)
    {
        BlockReader reader = whole.At(contents);
        for (int i = reader.ShortCount(1); i > 0; i--)
        {
            reader.Text();
            CodecCheck codec = CodecCheck.Read(reader);
            bool isCompressed = CheckCompression(reader);
            BlockReader block = whole.At(reader.Int64(), reader.Leb128());
            codec.Skip(isCompressed ? Decompressed(block, budget) : block, 1, budget);
        }
    }

    private static bool CheckCompression(BlockReader reader) => reader.Byte() switch
    {
        0 => false,
        1 => true,
        byte other => throw reader.Damaged("a compression that is known", other),
    };

    private static BlockReader Decompressed(BlockReader block, ByteBudget budget)
    {
        using var source = new DeflateStream(new MemoryStream(block.Take(block.Remaining).ToArray()), CompressionMode.Decompress);
        using var content = new MemoryStream();
        var buffer = new byte[4096];
        for (int count; (count = source.Read(buffer)) > 0;)
        {
            budget.Take(count);
            content.Write(buffer, 0, count);
        }

        return block.Of(content.ToArray(), 0, (int)content.Length);
    }
}
