using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace MetaML.Tool.Reading;

/// <summary>Reads the rows of a Parquet file. Values are written as text, so that all files are treated alike.</summary>
internal sealed class ParquetRows : RowReader
{
    private static readonly Dictionary<Type, Func<ParquetRowGroupReader, DataField, string?[]>> s_readers = new()
    {
        [typeof(bool)] = Read<bool>,
        [typeof(sbyte)] = Read<sbyte>,
        [typeof(byte)] = Read<byte>,
        [typeof(short)] = Read<short>,
        [typeof(ushort)] = Read<ushort>,
        [typeof(int)] = Read<int>,
        [typeof(uint)] = Read<uint>,
        [typeof(long)] = Read<long>,
        [typeof(ulong)] = Read<ulong>,
        [typeof(float)] = Read<float>,
        [typeof(double)] = Read<double>,
        [typeof(decimal)] = Read<decimal>,
        [typeof(DateTime)] = Read<DateTime>,
        [typeof(DateOnly)] = Read<DateOnly>,
        [typeof(Guid)] = Read<Guid>,
        [typeof(string)] = ReadText,
        [typeof(ReadOnlyMemory<char>)] = ReadText,
    };

    private readonly ParquetReader _reader;
    private readonly DataField[] _fields;
    private string?[][] _columns = [];
    private int _group = -1;
    private int _row;
    private long _number;

    private ParquetRows(ParquetReader reader, DataField[] fields)
    {
        _reader = reader;
        _fields = fields;
    }

    public override string Place => string.Create(CultureInfo.InvariantCulture, $"row {_number}");

    public override ReadOnlySpan<char> this[int column] => _columns[column][_row];

    /// <summary>Opens a file.</summary>
    /// <exception cref="ToolException">The file is damaged, or has a column that is not a plain value.</exception>
    public static ParquetRows Open(string path, ICollection<string> notes)
    {
        ParquetReader reader = Checked(path, () => ParquetReader.CreateAsync(path, new ParquetOptions { TreatByteArrayAsString = true }).GetAwaiter().GetResult());
        DataField[] fields = reader.Schema.DataFields;
        DataField? other = Array.Find(fields, field => field.IsArray || field.Path.Length > 1 || !s_readers.ContainsKey(field.ClrType));
        if (other is not null)
            throw new ToolException($"The columns of '{path}' must contain numbers, texts, dates or Boolean values; '{other.Path}' has {other.ClrType.Name}{(other.IsArray || other.Path.Length > 1 ? " in a nested structure" : "")}. Leave this column out when you write the file.");
        if (reader.Metadata?.NumRows is null or 0)
            throw new ToolException($"'{path}' must have at least one row; it has none.");
        return new ParquetRows(reader, fields) { Names = ColumnNames.Distinct([.. fields.Select(field => field.Name)], notes) };
    }

    public override bool Read()
    {
        _row++;
        while (_group < 0 || _row >= _columns[0].Length)
        {
            if (++_group == _reader.RowGroupCount)
                return false;
            ParquetRowGroupReader group = _reader.OpenRowGroupReader(_group);
            _columns = Checked("The Parquet file", () => Array.ConvertAll(_fields, field => s_readers[field.ClrType](group, field)));
            _row = 0;
        }

        _number++;
        return true;
    }

    protected override void Dispose(bool disposing) => _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static string?[] Read<T>(ParquetRowGroupReader group, DataField field)
        where T : struct
    {
        if (field.IsNullable)
        {
            var nullable = new T?[group.RowCount];
            group.ReadAsync<T>(field, nullable.AsMemory()).AsTask().GetAwaiter().GetResult();
            return Array.ConvertAll(nullable, value => value is { } known ? Text(known) : null);
        }

        var values = new T[group.RowCount];
        group.ReadAsync<T>(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return Array.ConvertAll(values, value => (string?)Text(value));
    }

    private static string?[] ReadText(ParquetRowGroupReader group, DataField field)
    {
        string?[] values = new string?[group.RowCount];
        group.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return values;
    }

    private static string Text<T>(T value) => value switch
    {
        DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static T Checked<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ParquetException or InvalidOperationException or NotSupportedException or ArgumentException)
        {
            throw new ToolException($"'{path}' must be a complete Parquet file. {error.Message} Write the file again.");
        }
    }
}
