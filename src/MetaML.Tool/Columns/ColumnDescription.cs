namespace MetaML.Tool.Columns;

/// <summary>Describes one column of a file.</summary>
internal sealed record ColumnDescription
{
    public required string Name { get; init; }

    public required ColumnKind Kind { get; init; }

    /// <summary>Number of rows without a value.</summary>
    public required long MissingCount { get; init; }

    /// <summary>Number of different values; null if there are more than <see cref="ColumnStatistics.MostValues"/>.</summary>
    public required int? ValueCount { get; init; }

    /// <summary>The values with their numbers of rows, the most frequent first; empty if there are too many.</summary>
    public required IReadOnlyList<ValueCount> Values { get; init; }

    /// <summary>The first values of the column.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    public required bool HasDecimalComma { get; init; }

    public required bool HasOnlyIntegers { get; init; }

    /// <summary>The smallest number; null unless all values are numbers.</summary>
    public required double? Minimum { get; init; }

    /// <summary>The largest number; null unless all values are numbers.</summary>
    public required double? Maximum { get; init; }

    /// <summary>The format of the dates, as .NET writes formats; null unless the values are dates.</summary>
    public required string? DateFormat { get; init; }

    /// <summary>The features of the dates.</summary>
    public required IReadOnlyList<DatePart> DateParts { get; init; }

    public required DateTime? FirstDate { get; init; }

    public required DateTime? LastDate { get; init; }

    /// <summary>Whether day and month of the dates cannot be told apart.</summary>
    public required bool IsDateAmbiguous { get; init; }

    /// <summary>The cells that are not numbers, in a column where most are; null if there are none.</summary>
    public required NotNumbers? NotNumbers { get; init; }
}
