using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MetaML.Tool.Reading;

/// <summary>A file with a table: CSV, TSV and the like, or Parquet.</summary>
internal sealed class TableFile
{
    /// <summary>The largest number of columns.</summary>
    public const int MaximumColumns = 20_000;

    private readonly Encoding? _encoding;
    private readonly char _separator;

    private TableFile(string path, Encoding? encoding, char separator)
    {
        Path = path;
        _encoding = encoding;
        _separator = separator;
        var notes = new List<string>();
        using RowReader rows = Open(notes);
        Names = rows.Names;
        if (Names.Count > MaximumColumns)
            throw new ToolException($"'{path}' must have at most {MaximumColumns:N0} columns; got {Names.Count:N0}. Each column becomes at least one feature. Remove columns, or turn the table if its rows and columns are exchanged.");
        if (encoding is { CodePage: 1252 })
            notes.Insert(0, "The text is not UTF-8. It is read as Windows-1252 (Latin-1).");
        Notes = notes;
    }

    public string Path { get; }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What is unusual about the encoding and the header.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The format of the file, for the user.</summary>
    public string Format => IsParquet ? "Parquet" : $"text, {_encoding.WebName}, {_separator switch { ',' => "comma", ';' => "semicolon", '\t' => "tab", _ => "vertical bar" }} between cells";

    /// <summary>Whether the file is Parquet.</summary>
    [MemberNotNullWhen(false, nameof(_encoding), nameof(EncodingName))]
    public bool IsParquet => _encoding is null;

    /// <summary>The character that separates cells; null for Parquet.</summary>
    public char? Separator => IsParquet ? null : _separator;

    /// <summary>The name of the encoding; null for Parquet.</summary>
    public string? EncodingName => _encoding?.WebName;

    /// <summary>Whether numbers can have a decimal comma: the comma does not separate cells.</summary>
    public bool MayHaveDecimalComma => !IsParquet && _separator != ',';

    /// <summary>Opens a file and finds its format.</summary>
    /// <exception cref="ToolException">The file does not exist, is empty, or is not a table.</exception>
    public static TableFile Open(string path)
    {
        if (Directory.Exists(path))
            throw new ToolException($"'{path}' must be a file; it is a folder. Give the path of one CSV, TSV or Parquet file.");
        Span<byte> start = stackalloc byte[4];
        using (Stream file = TextFile.OpenRaw(path))
        {
            if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length)
            {
                if (start.SequenceEqual("PAR1"u8))
                    return new TableFile(path, null, ',');
                if (start.SequenceEqual("PK\u0003\u0004"u8))
                    throw new ToolException($"'{path}' must be a table as CSV, TSV or Parquet; it is a zip archive, as models and spreadsheets (xlsx) are. Save a spreadsheet as CSV.");
            }
        }

        Encoding encoding = TextFile.EncodingOf(path);
        return new TableFile(path, encoding, Separators.Find(path, encoding));
    }

    /// <summary>Reads the rows.</summary>
    public RowReader OpenRows() => Open([]);

    private RowReader Open(ICollection<string> notes) =>
        _encoding is null ? ParquetRows.Open(Path, notes) : SeparatedRows.Open(Path, _encoding, _separator, notes);
}
