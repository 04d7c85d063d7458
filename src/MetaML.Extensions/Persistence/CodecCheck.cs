namespace MetaML.Extensions.Persistence;

/// <summary>A type as ML.NET's binary format names it: a definition, and how its values are written.</summary>
/// <param name="Name">The codec.</param>
/// <param name="Item">Of a vector or a key, the codec of what it holds.</param>
/// <param name="Size">Of a vector, its length; 0 where it varies.</param>
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

    /// <summary>Reads a definition: string name, LEB128 length, and of vectors and keys the item's definition and the dimensions or the count.</summary>
    public static CodecCheck Read(BlockReader reader, int depth = 1)
    {
        string name = reader.Text();
        int length = reader.ShortCount(1), end = reader.Remaining - length;
        CodecCheck codec;
        switch (name)
        {
            case Vector when depth < MaximumDepth:
                CodecCheck item = Read(reader, depth + 1);
                if (!item.IsPrimitive)
                    throw reader.Damaged("vectors of single values");
                long size = 1;
                for (int i = reader.Count(sizeof(int)); i > 0; i--)
                {
                    int extent = reader.Int32();
                    size = extent >= 0 && size * extent <= int.MaxValue ? size * extent : throw reader.Damaged("the extents of a vector", extent);
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
                throw reader.Damaged("types of values that are known", name!.Length <= 50 ? name : "one that is not");
        }

        return reader.Remaining == end ? codec : throw reader.Damaged("definitions of types that are as long as they say", length);
    }

    /// <summary>Passes over values.</summary>
    /// <param name="reader">Stands at the first.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="budget">For vectors that say they are long and hold little.</param>
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
            case Text: // int: number; int[]: where each ends; string: all together
                if (reader.Int32() != count)
                    throw reader.Damaged($"{count} texts");
                reader.Skip((long)count * sizeof(int));
                reader.Skip(reader.ShortCount(1));
                break;
            case Boolean:
                reader.Skip((count + 7L) / 8);
                break;
            default:
                reader.Skip((long)count * s_bytes[Name]);
                break;
        }
    }

    // int: number of vectors; int: common length or 0; int[]: the lengths if 0; int[]: explicit values, −1 if all; int: number of indices; int[]: indices; the values
    private void SkipVector(BlockReader reader, int count, ByteBudget budget)
    {
        if (count != 1 || reader.Int32() != 1)
            throw reader.Damaged("one vector");
        int length = reader.Int32();
        if (length < 0 || (Size > 0 && length != Size))
            throw reader.Damaged("vectors of the length of their type", length);
        if (length == 0)
            length = reader.Int32();
        int given = reader.Int32(), indices = reader.Count(sizeof(int));
        reader.Skip((long)indices * sizeof(int));
        if (length < 0 || given < -1 || given > length || (given >= 0 && given != indices))
            throw reader.Damaged("vectors of as many values as they say", given);
        Item!.Skip(reader, given < 0 ? length : given, budget);
        budget.Take((given < 0 ? 0L : length) * 16);
    }
}
