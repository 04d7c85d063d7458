namespace MetaML.Extensions.Persistence;

/// <summary>Checks a type in ML.NET's binary format: its definition, and its values.</summary>
/// <param name="Name">The name of the codec.</param>
/// <param name="Item">For a vector or a key, the codec of its items.</param>
/// <param name="Size">For a vector, its length; 0 if the length varies.</param>
internal sealed record CodecCheck(string Name, CodecCheck? Item = null, long Size = 0)
{
    private const int MaximumDepth = 3; // a vector of keys of numbers

    private static readonly Dictionary<string, int> s_bytes = new(StringComparer.Ordinal)
    {
        ["SByte"] = 1, ["Byte"] = 1, ["Int16"] = 2, ["UInt16"] = 2, ["Int32"] = 4, ["UInt32"] = 4, ["Int64"] = 8, ["UInt64"] = 8, ["Single"] = 4, ["Double"] = 8,
        ["TimeSpan"] = 8, ["DateTime"] = 8, ["DateTimeOffset"] = 10, ["DataViewRowId"] = 16,
    };

    private const string Text = "TextSpan", Boolean = "Boolean", Vector = "VBuffer", Key = "Key2";

    public bool IsPrimitive => Name != Vector;

    /// <summary>Reads a definition: string name, LEB128 length; for a vector the definition of its items and its dimensions; for a key the definition of its items and its count.</summary>
    public static CodecCheck Read(BlockReader reader, int depth = 1)
    {
        string name = reader.Text();
        int length = reader.Leb128Count(1), end = reader.Remaining - length;
        CodecCheck codec;
        switch (name)
        {
            case Vector when depth < MaximumDepth:
                CodecCheck item = Read(reader, depth + 1);
                if (!item.IsPrimitive)
                    throw reader.Damaged("vectors of scalars");
                long size = 1;
                for (int i = reader.Count(sizeof(int)); i > 0; i--)
                {
                    int dimension = reader.Int32();
                    size = dimension >= 0 && size * dimension <= int.MaxValue ? size * dimension : throw reader.Damaged("valid dimensions of a vector", dimension);
                }

                codec = new CodecCheck(name, item, size);
                break;
            case Key when depth < MaximumDepth:
                codec = new CodecCheck(name, Read(reader, depth + 1));
                reader.Int64();
                break;
            case Text or Boolean:
            case not null when s_bytes.ContainsKey(name):
                codec = new CodecCheck(name);
                break;
            default:
                throw reader.Damaged("known types of values", name!.Length <= 50 ? name : "a long name");
        }

        return reader.Remaining == end ? codec : throw reader.Damaged("type definitions of the declared length", length);
    }

    /// <summary>Checks values and moves the reader behind them.</summary>
    /// <param name="reader">A reader at the first value.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="budget">The budget for sparse vectors, which can be much longer than their data.</param>
    public void Skip(BlockReader reader, int count, ByteBudget budget)
    {
        switch (Name)
        {
            case Vector:
                SkipVector(reader, count, budget);
                break;
            case Key:
                Item!.Skip(reader, count, budget);
                break;
            case Text: // int: number; int[]: end of each text; string: all texts together
                if (reader.Int32() != count)
                    throw reader.Damaged($"{count} texts");
                reader.Skip((long)count * sizeof(int));
                reader.Skip(reader.Leb128Count(1));
                break;
            case Boolean:
                reader.Skip((count + 7L) / 8);
                break;
            default:
                reader.Skip((long)count * s_bytes[Name]);
                break;
        }
    }

    // int: number of vectors; int: common length, or 0; if 0, int[]: the lengths; int[]: number of explicit values, −1 for a dense vector; int: number of indices; int[]: indices; the values
    private void SkipVector(BlockReader reader, int count, ByteBudget budget)
    {
        if (count != 1 || reader.Int32() != 1)
            throw reader.Damaged("one vector");
        int length = reader.Int32();
        if (length < 0 || (Size > 0 && length != Size))
            throw reader.Damaged("vectors of the length of their type", length);
        if (length == 0)
            length = reader.Int32();
        int explicitCount = reader.Int32(), indices = reader.Count(sizeof(int));
        reader.Skip((long)indices * sizeof(int));
        if (length < 0 || explicitCount < -1 || explicitCount > length || (explicitCount >= 0 && explicitCount != indices))
            throw reader.Damaged("vectors with the declared number of values", explicitCount);
        Item!.Skip(reader, explicitCount < 0 ? length : explicitCount, budget);
        budget.Reserve((explicitCount < 0 ? 0L : length) * 16);
    }
}
