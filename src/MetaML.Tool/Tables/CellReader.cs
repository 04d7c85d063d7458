using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>Turns the cells of one column of a file into values of one or more columns of a view.</summary>
internal abstract class CellReader
{
    /// <summary>The columns of the view.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Adds the value of a cell.</summary>
    /// <exception cref="ToolException">The cell has no valid value.</exception>
    public abstract void Add(ReadOnlySpan<char> cell, RowReader row);

    /// <summary>The reader of a column.</summary>
    public static CellReader Of(PlannedColumn column, IReadOnlyList<string> missing)
    {
        var format = new CellFormat(column.HasDecimalComma, missing);
        return column.Kind switch
        {
            ColumnKind.Number => new NumberReader(column.Name, format),
            ColumnKind.Date => new DateReader(column, format),
            _ => new TextReader(column.Name, format),
        };
    }

    /// <summary>Reads numbers. A missing value is NaN.</summary>
    public sealed class NumberReader(string name, CellFormat format) : CellReader
    {
        private readonly ValueColumn<float> _column = new(name, NumberDataViewType.Single);

        public override IReadOnlyList<TableColumn> Columns => [_column];

        public override void Add(ReadOnlySpan<char> cell, RowReader row)
        {
            if (format.IsMissing(cell))
                _column.Values.Add(float.NaN);
            else if (format.TryNumber(cell, out double number))
                _column.Values.Add((float)number);
            else
                throw new ToolException($"Column '{name}' must contain numbers; got '{cell}' on {row.Place}. Correct the cell, or use --missing \"{cell}\" where it stands for a missing value.");
        }
    }

    /// <summary>Reads texts and categories. A missing value is empty.</summary>
    public sealed class TextReader(string name, CellFormat format) : CellReader
    {
        private readonly ValueColumn<ReadOnlyMemory<char>> _column = new(name, TextDataViewType.Instance);
        private readonly HashSet<string> _values = new(StringComparer.Ordinal); // a value that occurs often is in memory once

        public override IReadOnlyList<TableColumn> Columns => [_column];

        public override void Add(ReadOnlySpan<char> cell, RowReader row) => _column.Values.Add(format.IsMissing(cell) ? default : Shared(_values, cell).AsMemory());
    }

    /// <summary>Reads dates as their features.</summary>
    public sealed class DateReader(PlannedColumn column, CellFormat format) : CellReader
    {
        private readonly ValueColumn<float>[] _numbers = [.. column.DateParts.Where(part => part != DatePart.Weekday).Select(part => new ValueColumn<float>(DateParts.NameOf(column.Name, part), NumberDataViewType.Single))];
        private readonly DatePart[] _parts = [.. column.DateParts.Where(part => part != DatePart.Weekday)];
        private readonly ValueColumn<ReadOnlyMemory<char>>? _weekday = column.DateParts.Contains(DatePart.Weekday) ? new(DateParts.NameOf(column.Name, DatePart.Weekday), TextDataViewType.Instance) : null;

        public override IReadOnlyList<TableColumn> Columns => _weekday is null ? _numbers : [.. _numbers, _weekday];

        public override void Add(ReadOnlySpan<char> cell, RowReader row)
        {
            bool isMissing = format.IsMissing(cell);
            DateTime date = default;
            if (!isMissing && !DateFormats.TryParse(cell, column.DateFormat!, out date))
                throw new ToolException($"Column '{column.Name}' must contain dates of the form {column.DateFormat}; got '{cell}' on {row.Place}. Correct the cell, or write all dates as 2024-12-31.");
            for (int i = 0; i < _parts.Length; i++)
                _numbers[i].Values.Add(isMissing ? float.NaN : DateParts.Number(date, _parts[i]));
            _weekday?.Values.Add(isMissing ? default : DateParts.Weekday(date).AsMemory());
        }
    }

    /// <summary>The text of a cell, shared with equal cells before, unless the values are very many.</summary>
    public static string Shared(HashSet<string> values, ReadOnlySpan<char> cell)
    {
        if (values.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(cell, out string? known))
            return known;
        string text = cell.ToString();
        if (values.Count < ColumnStatistics.MostValues)
            values.Add(text);
        return text;
    }
}
