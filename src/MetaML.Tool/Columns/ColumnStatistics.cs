using System.Runtime.InteropServices;

namespace MetaML.Tool.Columns;

/// <summary>Statistics of the cells of one column, in one pass.</summary>
/// <param name="name">The name of the column.</param>
/// <param name="format">How cells are written.</param>
/// <param name="mayHaveDecimalComma">Whether numbers may have a decimal comma.</param>
internal sealed class ColumnStatistics(string name, CellFormat format, bool mayHaveDecimalComma)
{
    /// <summary>Values are counted up to this number of different ones.</summary>
    public const int MostValues = 10_000;

    private const double MostlyNumbers = 0.9, MinimumWords = 3;

    private const int MostCategories = 1000, FewestRowsOfIdentifier = 20;

    private static readonly string[] s_numberNames = ["id", "row", "rows", "index", "nr", "no", "number", "rownames", "key", "record"];

    private readonly Dictionary<string, int> _values = new(StringComparer.Ordinal);
    private readonly CellFormat _commaFormat = format with { DecimalComma = true };
    private long _rows, _missing, _numbers, _commaNumbers, _words, _others, _integers;
    private double _minimum = double.PositiveInfinity, _maximum = double.NegativeInfinity;
    private DateTime[]? _firstDates, _lastDates; // by each format
    private bool _hasTimes, _isOverflowing;
    private ulong _dateFormats = DateFormats.All;
    private (string Cell, string Place)? _firstOther;

    /// <summary>Adds a cell.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="place">Gives the place of the row, for messages.</param>
    public void Add(ReadOnlySpan<char> cell, Func<string> place)
    {
        _rows++;
        if (format.IsMissing(cell))
        {
            _missing++;
            return;
        }

        Count(cell);
        if (format.TryNumber(cell, out double number))
            AddNumber(number, ref _numbers);
        else if (mayHaveDecimalComma && _commaFormat.TryNumber(cell, out number))
            AddNumber(number, ref _commaNumbers);
        else
            AddOther(cell, place);
    }

    /// <summary>The description of the column.</summary>
    public ColumnDescription Describe()
    {
        bool hasComma = _commaNumbers > 0 && _others == 0;
        ColumnKind kind = Kind();
        (DateTime first, DateTime last) = kind == ColumnKind.Date ? (_firstDates![DateFormats.FirstOf(_dateFormats)], _lastDates![DateFormats.FirstOf(_dateFormats)]) : default;
        return new ColumnDescription
        {
            Name = name,
            Kind = kind,
            MissingCount = _missing,
            ValueCount = _isOverflowing ? null : _values.Count,
            Values = _isOverflowing ? [] : [.. _values.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new ValueCount(pair.Key, pair.Value))],
            Examples = [.. _values.Keys.Take(3)],
            HasDecimalComma = hasComma,
            HasOnlyIntegers = _others == 0 && _integers == _numbers + _commaNumbers,
            Minimum = _others == 0 && double.IsFinite(_minimum) ? _minimum : null,
            Maximum = _others == 0 && double.IsFinite(_maximum) ? _maximum : null,
            DateFormat = kind == ColumnKind.Date ? DateFormats.First(_dateFormats) : null,
            DateParts = kind == ColumnKind.Date ? Columns.DateParts.For(first, last, _hasTimes) : [],
            FirstDate = kind == ColumnKind.Date ? first : null,
            LastDate = kind == ColumnKind.Date ? last : null,
            IsDateAmbiguous = kind == ColumnKind.Date && DateFormats.IsAmbiguous(_dateFormats),
            NotNumbers = kind == ColumnKind.Number && _firstOther is { } other ? new NotNumbers(_others, other.Cell, other.Place) : null,
        };
    }

    private void AddNumber(double number, ref long count)
    {
        count++;
        _integers += number == Math.Floor(number) ? 1 : 0;
        _minimum = Math.Min(_minimum, number);
        _maximum = Math.Max(_maximum, number);
        _dateFormats = 0;
    }

    private void AddOther(ReadOnlySpan<char> cell, Func<string> place)
    {
        _others++;
        _firstOther ??= (cell.Length > 60 ? $"{cell[..60]}…" : cell.ToString(), place());
        _words += 1 + cell.Count(' ');
        if (_dateFormats == 0)
            return;
        Span<DateTime> dates = stackalloc DateTime[DateFormats.Count];
        _dateFormats = DateFormats.Matching(_dateFormats, cell, dates);
        if (_dateFormats == 0)
            return;
        if (_firstDates is null || _lastDates is null)
            (_firstDates, _lastDates) = (dates.ToArray(), dates.ToArray());
        for (ulong rest = _dateFormats; rest != 0; rest &= rest - 1)
        {
            int format = DateFormats.FirstOf(rest);
            _firstDates[format] = dates[format] < _firstDates[format] ? dates[format] : _firstDates[format];
            _lastDates[format] = dates[format] > _lastDates[format] ? dates[format] : _lastDates[format];
            _hasTimes |= dates[format].TimeOfDay != TimeSpan.Zero;
        }
    }

    private void Count(ReadOnlySpan<char> cell)
    {
        if (_isOverflowing)
            return;
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = _values.GetAlternateLookup<ReadOnlySpan<char>>();
        CollectionsMarshal.GetValueRefOrAddDefault(lookup, cell, out _)++;
        _isOverflowing = _values.Count > MostValues;
    }

    private ColumnKind Kind()
    {
        long present = _rows - _missing;
        if (present == 0)
            return ColumnKind.Empty;
        if (_values.Count == 1 && (_missing == 0 || _others == 0))
            return ColumnKind.Constant;
        bool isDistinct = _isOverflowing || _values.Count == present;
        long numbers = _numbers + _commaNumbers;
        if (numbers >= MostlyNumbers * present)
        {
            bool isRunningNumber = _others == 0 && _integers == present && _missing == 0 && present >= FewestRowsOfIdentifier && isDistinct && _maximum - _minimum == present - 1;
            return isRunningNumber && IsNameOfNumber() ? ColumnKind.Identifier : ColumnKind.Number;
        }

        if (_dateFormats != 0 && numbers == 0)
            return ColumnKind.Date;
        // Each of two conditions makes a text: many words, or words and hardly a value twice.
        double words = _words / (double)Math.Max(_others, 1);
        if (words >= MinimumWords && (_isOverflowing || _values.Count > 0.5 * present || _values.Count > MostCategories))
            return ColumnKind.Text;
        return _isOverflowing || (_values.Count > 0.5 * present && present >= FewestRowsOfIdentifier) ? ColumnKind.Identifier : ColumnKind.Category;
    }

    // A column that counts rows is called id, row, index and the like, or has no name. A column "day" may count days.
    private bool IsNameOfNumber() => NameWords.Of(name).Any(word => s_numberNames.Contains(word, StringComparer.OrdinalIgnoreCase)) || name.StartsWith("column ", StringComparison.Ordinal) || name.StartsWith("Unnamed", StringComparison.Ordinal);
}
