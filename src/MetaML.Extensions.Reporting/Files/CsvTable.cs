using System.Globalization;
using System.Text;

namespace MetaML.Extensions.Reporting.Files;

/// <summary>A table of comma-separated values (RFC 4180). The decimal separator is a full stop. Reading a number back gives the same bits. NaN is written as NaN.</summary>
/// <param name="Name">The name of the file, without extension.</param>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Rows">The rows: texts, numbers, or null for an empty field.</param>
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
