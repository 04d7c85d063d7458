using System.Text;
using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using static MetaML.Tool.Columns.CSharpText;

namespace MetaML.Tool.Generation;

/// <summary>Writes the class of a row: a property for each column of the view, and the reading of the file. The code of a cell is a string or a span of characters.</summary>
internal sealed class RowCode
{
    private readonly TableFile _file;
    private readonly TablePlan _plan;
    private readonly Dictionary<string, string> _properties = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal) { "Row", "Read", "Number", "Date", "IsMissing", "Missing", "Value", "Text", "Open", "Equals", "GetHashCode", "ToString", "GetType" };
    private readonly StringBuilder _members = new(), _values = new();

    public RowCode(TableFile file, TablePlan plan)
    {
        _file = file;
        _plan = plan;
        AddTask();
        AddLabel();
        foreach (PlannedColumn column in plan.Features)
            AddFeature(column);
    }

    /// <summary>The property of the task.</summary>
    public string TaskProperty => _properties[_plan.TaskColumn];

    /// <summary>The file Row.cs.</summary>
    public string Text => $$"""
        using System.Globalization;
        {{Usings}}

        /// <summary>A row of the table.</summary>
        internal sealed class Row
        {
            private static readonly HashSet<string> Missing = [{{Literals([.. CellFormat.UsualMissing, .. _plan.Missing])}}];

        {{_members.ToString().TrimEnd()}}

            /// <summary>Reads the rows of a file.</summary>
            /// <param name="path">The file.</param>
            /// <param name="needsLabels">Whether rows without a label are left out.</param>
            public static List<Row> Read(string path, bool needsLabels)
            {
                var rows = new List<Row>();
        {{Loop}}
                    if (needsLabels && !hasLabel)
                        continue;
                    rows.Add(new Row
                    {
        {{_values.ToString().TrimEnd()}}
                    });
                }

                return rows;
            }

            private static bool IsMissing(ReadOnlySpan<char> cell) => cell.IsEmpty || Missing.GetAlternateLookup<ReadOnlySpan<char>>().Contains(cell);

            // NaN if the cell is missing. A percentage is its number.
            private static float Number(ReadOnlySpan<char> cell, bool hasDecimalComma)
            {
                if (IsMissing(cell))
                    return float.NaN;
                if (cell[^1] == '%')
                    cell = cell[..^1].TrimEnd();
                string number = hasDecimalComma ? cell.ToString().Replace(',', '.') : cell.ToString();
                return (float)double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
            }

            private static string Value(ReadOnlySpan<char> cell) => IsMissing(cell) ? "" : cell.ToString();

            private static DateTime? Date(ReadOnlySpan<char> cell, string format) => IsMissing(cell)
                ? null
                : DateTime.ParseExact(cell, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);{{Helpers}}
        }

        """;

    private string Usings => _file.IsParquet
        ? """
            using Microsoft.ML.Data;
            using Parquet;
            using Parquet.Serialization;
            """
        : """
            using System.IO.Compression;
            using System.Text;
            using Microsoft.ML.Data;
            using nietras.SeparatedValues;
            """;

    // The beginning of the loop over the rows.
    private string Loop => _file.IsParquet
        ? $$"""
                    using FileStream file = File.OpenRead(path);
                    var table = ParquetSerializer.DeserializeUntypedAsync(file, new ParquetOptions { TreatByteArrayAsString = true }).GetAwaiter().GetResult();
                    foreach (var cells in table.Data)
                    {
                        bool hasLabel = cells.ContainsKey({{Literal(_plan.LabelColumn)}}) && !IsMissing({{Cell(_plan.LabelColumn)}});
            """
        : $$"""
                    Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
                    using var text = new StreamReader(Open(path), Encoding.GetEncoding({{Literal(_file.EncodingName)}}));
                    using SepReader reader = Sep.New({{(_file.Separator == '\t' ? @"'\t'" : $"'{_file.Separator}'")}}).Reader(options => options with { Unescape = true, Trim = SepTrim.All, DisableColCountCheck = true }).From(text);
                    bool hasLabels = reader.Header.TryIndexOf({{Literal(_plan.LabelColumn)}}, out _);
                    foreach (SepReader.Row cells in reader)
                    {
                        if (cells.ColCount < reader.Header.ColNames.Count)
                            continue; // a blank line
                        bool hasLabel = hasLabels && !IsMissing({{Cell(_plan.LabelColumn)}});
            """;

    // The members that only this kind of file needs.
    private string Helpers => _file.IsParquet
        ? """


                // A value as text, as 'metaml train' reads it.
                private static string Text(object? value) => value switch
                {
                    DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
                    DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
                    _ => Convert.ToString(value, CultureInfo.InvariantCulture)?.Trim() ?? "",
                };
            """
        : """


                // The text may be compressed by gzip.
                private static Stream Open(string path)
                {
                    FileStream file = File.OpenRead(path);
                    bool isCompressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
                    file.Position = 0;
                    return isCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
                }
            """;

    private string Cell(string column) => _file.IsParquet ? $"Text(cells[{Literal(column)}])" : $"cells[{Literal(column)}].Span";

    private void AddTask()
    {
        string value = string.Join(" + \" / \" + ", _plan.TaskColumns.Select(name => $"{Cell(name)}.ToString()"));
        Add(_plan.TaskColumn, "string", value);
    }

    private void AddLabel()
    {
        string cell = Cell(_plan.LabelColumn);
        (string type, string value, string none) = _plan.LabelKind switch
        {
            LabelKind.Regression => ("float", $"Number({cell}, {Lower(_plan.LabelHasDecimalComma)})", "float.NaN"),
            LabelKind.Binary => ("bool", $"{cell}.ToString() == {Literal(_plan.Positive!)}", "false"),
            _ => ("string", $"{cell}.ToString()", "\"\""),
        };
        Add(_plan.LabelColumn, type, $"hasLabel ? {value} : {none}");
    }

    private void AddFeature(PlannedColumn column)
    {
        string cell = Cell(column.Name);
        switch (column.Kind)
        {
            case ColumnKind.Number:
                Add(column.Name, "float", $"Number({cell}, {Lower(column.HasDecimalComma)})");
                break;
            case ColumnKind.Date:
                string date = ColumnNames.Unused(PropertyName(column.Name), _used);
                _members.Append($"    [NoColumn]\n    public DateTime? {date} {{ get; set; }}\n\n");
                _values.Append($"                {date} = Date({cell}, {Literal(column.DateFormat!)}),\n");
                foreach (DatePart part in column.DateParts)
                    AddPart(column, date, part);
                break;
            default:
                Add(column.Name, "string", $"Value({cell})");
                break;
        }
    }

    private void AddPart(PlannedColumn column, string date, DatePart part)
    {
        string name = DateParts.NameOf(column.Name, part);
        string value = part switch
        {
            DatePart.Days => "(float)(date - new DateTime(2000, 1, 1)).TotalDays",
            DatePart.Weekday => "date.DayOfWeek.ToString()[..3]",
            DatePart.YearSine => "(float)Math.Sin(Math.Tau * date.DayOfYear / 365.2425)",
            DatePart.YearCosine => "(float)Math.Cos(Math.Tau * date.DayOfYear / 365.2425)",
            DatePart.DaySine => "(float)Math.Sin(Math.Tau * date.TimeOfDay.TotalDays)",
            _ => "(float)Math.Cos(Math.Tau * date.TimeOfDay.TotalDays)",
        };
        (string type, string none) = part == DatePart.Weekday ? ("string", "\"\"") : ("float", "float.NaN");
        _members.Append($"    [ColumnName({Literal(name)})]\n    public {type} {Property(name)} => {date} is {{ }} date ? {value} : {none};\n\n");
    }

    private void Add(string column, string type, string value)
    {
        string property = Property(column);
        _members.Append($"    [ColumnName({Literal(column)})]\n    public {type} {property} {{ get; set; }}{(type == "string" ? " = \"\";" : "")}\n\n");
        _values.Append($"                {property} = {value},\n");
    }

    private string Property(string column)
    {
        string name = PropertyName(column);
        for (int number = 2; !_used.Add(name); number++)
            name = $"{PropertyName(column)}{number}";
        return _properties[column] = name;
    }

    private static string Lower(bool value) => value ? "true" : "false";
}
