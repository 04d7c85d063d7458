using System.Globalization;
using System.Text;
using nietras.SeparatedValues;

namespace MetaML.Tool.Reading;

/// <summary>Reads the rows of a text file.</summary>
internal sealed class SeparatedRows : RowReader
{
    private readonly string _path;
    private readonly SepReader _reader;
    private bool _isAtFirstRow;

    private SeparatedRows(string path, SepReader reader, bool isAtFirstRow)
    {
        _path = path;
        _reader = reader;
        _isAtFirstRow = isAtFirstRow;
    }

    public override string Place => string.Create(CultureInfo.InvariantCulture, $"line {FirstLine(_reader.Current)}");

    public override ReadOnlySpan<char> this[int column] => _reader.Current[column].Span;

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="path">The path.</param>
    /// <param name="encoding">The encoding.</param>
    /// <param name="separator">The separator.</param>
    /// <param name="notes">Receives what is unusual about the header.</param>
    /// <exception cref="ToolException">The file has no row.</exception>
    public static SeparatedRows Open(string path, Encoding encoding, char separator, ICollection<string> notes)
    {
        SepReader reader = Sep.New(separator).Reader(options => options with { HasHeader = false, DisableColCountCheck = true, Unescape = true, Trim = SepTrim.All }).From(TextFile.Open(path, encoding));
        while (true)
        {
            if (!Move(reader, path))
                throw new ToolException($"'{path}' must have a header and at least one row; it is empty. Export the table with the names of its columns in the first line.");
            if (reader.Current.ColCount > 1 || reader.Current[0].Span.Length > 0)
                break; // blank lines before the header are skipped
        }

        SepReader.Row header = reader.Current;
        string[] names = new string[header.ColCount];
        int numbers = 0;
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = header[i].ToString();
            numbers += double.TryParse(names[i], NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? 1 : 0;
        }

        bool hasNoHeader = numbers == names.Length;
        if (hasNoHeader)
        {
            notes.Add($"The first line contains only numbers, so it is taken for a row. The columns are called 'column 1' to 'column {names.Length}'.");
            names = [.. Enumerable.Range(1, names.Length).Select(number => $"column {number}")];
        }

        return new SeparatedRows(path, reader, hasNoHeader) { Names = ColumnNames.Distinct(names, notes) };
    }

    public override bool Read()
    {
        if (_isAtFirstRow)
        {
            _isAtFirstRow = false;
            return true;
        }

        while (Move(_reader, _path))
        {
            SepReader.Row row = _reader.Current;
            if (row.ColCount == Names.Count)
            {
                if (Names.Count > 1 || row.Span.Length > 0)
                    return true;
                continue; // a blank line
            }

            if (row.Span.Trim().Length == 0)
                continue;
            throw OfWrongLength(row);
        }

        return false;
    }

    protected override void Dispose(bool disposing) => _reader.Dispose();

    // LineNumberFrom is wrong for the first row of a file.
    private static int FirstLine(SepReader.Row row) => row.LineNumberToExcl - 1 - row.Span.Count('\n');

    private ToolException OfWrongLength(SepReader.Row row) =>
        new($"Line {FirstLine(row)} of '{_path}' must have {Names.Count} cells, as the header has; got {row.ColCount}. Put cells that contain the separator or a quotation mark in quotation marks, or correct the line.");

    private static bool Move(SepReader reader, string path)
    {
        try
        {
            if (!reader.MoveNext())
                return false;
        }
        catch (Exception error) when (error is NotSupportedException or InvalidDataException or IOException)
        {
            throw new ToolException($"'{path}' must be a table of text after line {FirstLine(reader.Current)}. {error.Message}");
        }

        SepReader.Row row = reader.Current;
        if (row.Span.Count('"') % 2 == 1) // only at the end of the file
            throw new ToolException($"Each quotation mark in '{path}' must be closed; one on line {FirstLine(row)} is not, so that everything after it is one cell. Close it, or write it twice if it is a part of the text.");
        return true;
    }
}
