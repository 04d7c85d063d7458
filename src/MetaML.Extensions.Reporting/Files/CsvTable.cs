using System.Globalization;
using System.Text;

namespace MetaML.Extensions.Reporting.Files;

/// <summary>A table as comma-separated values (RFC 4180): a full stop in numbers, which are read back as the same bits; NaN as such.</summary>
/// <param name="Name">The file's name, without its ending.</param>
/// <param name="Columns">The columns' names.</param>
/// <param name="Rows">Text, numbers, or null for an empty field.</param>
internal sealed record CsvTable(string Name, IReadOnlyList<string> Columns, IEnumerable<IReadOnlyList<object?>> Rows)
{
    public void Write(Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(string.Join(',', Columns.Select(Field)));
        foreach (IReadOnlyList<object?> row in Rows)
            writer.WriteLine(string.Join(',', row.Select(Field)));
    }

    private static string Field(object? value)
    {
        string text = value is double number ? number.ToString("R", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 && text.Trim().Length == text.Length ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }
}
