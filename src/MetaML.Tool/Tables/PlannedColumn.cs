using MetaML.Tool.Columns;

namespace MetaML.Tool.Tables;

/// <summary>How a column of the file becomes features.</summary>
internal sealed record PlannedColumn
{
    /// <summary>The largest number of indicators of a category.</summary>
    public const int MostIndicators = 200;

    public required string Name { get; init; }

    /// <summary>Number, date, category or text.</summary>
    public required ColumnKind Kind { get; init; }

    public bool HasDecimalComma { get; init; }

    /// <summary>Whether rows of the training file have no value, so that a feature says so.</summary>
    public bool HasMissing { get; init; }

    /// <summary>Number of different values of a category; 0 for other columns.</summary>
    public int ValueCount { get; init; }

    /// <summary>The most frequent values of a category that has more values than indicators; empty for other columns.</summary>
    public IReadOnlyList<string> MostFrequent { get; init; } = [];

    /// <summary>The format of dates; null for other columns.</summary>
    public string? DateFormat { get; init; }

    /// <summary>The features of dates.</summary>
    public IReadOnlyList<DatePart> DateParts { get; init; } = [];
}
