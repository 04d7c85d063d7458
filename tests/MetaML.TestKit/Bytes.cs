namespace MetaML.TestKit;

/// <summary>Written bytes, to compare or read them.</summary>
internal static class Bytes
{
    public static byte[] Of(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
