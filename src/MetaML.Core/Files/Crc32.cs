namespace MetaML.Files;

/// <summary>The checksum of zip files (ISO 3309, polynomial 0xEDB88320). The zip reader of .NET does not verify it.</summary>
internal static class Crc32
{
    private static readonly uint[] s_table = MakeTable();

    /// <summary>Continues a checksum.</summary>
    /// <param name="crc">The checksum so far; 0 at the start.</param>
    /// <param name="bytes">The next bytes.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        foreach (byte value in bytes)
            crc = s_table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
