using nietras.SeparatedValues;

namespace MetaML.Tool.Output;

/// <summary>Writes a CSV file in UTF-8, completely or not at all; or the same text to the standard output.</summary>
internal static class CsvOutput
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The path; null for the standard output.</param>
    /// <param name="names">The names of the columns.</param>
    /// <param name="rows">The rows.</param>
    /// <returns>The number of rows.</returns>
    public static long Write(string? path, IReadOnlyList<string> names, IEnumerable<string[]> rows)
    {
        if (path is null)
            return Write(Console.Out, names, rows);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            long count;
            using (var writer = new StreamWriter(temporary))
                count = Write(writer, names, rows);
            File.Move(temporary, path, overwrite: true);
            return count;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static long Write(TextWriter target, IReadOnlyList<string> names, IEnumerable<string[]> rows)
    {
        using SepWriter writer = Sep.New(',').Writer(options => options with { Escape = true }).To(target, leaveOpen: true);
        long count = 0;
        foreach (string[] cells in rows)
        {
            using SepWriter.Row row = writer.NewRow();
            for (int i = 0; i < cells.Length; i++)
                row[names[i]].Set(cells[i]);
            count++;
        }

        return count;
    }
}
