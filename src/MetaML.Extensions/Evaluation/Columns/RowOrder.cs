namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The order of the rows of a task: the order of a time column, the order of the data, or none.</summary>
/// <param name="TimeColumn">The time column; null if there is none.</param>
/// <param name="IsRowOrder">Whether the rows of the data are in the order of time.</param>
internal readonly record struct RowOrder(string? TimeColumn, bool IsRowOrder)
{
    /// <summary>No order: support and query are drawn at random.</summary>
    public static RowOrder None => default;

    /// <summary>Checks that at most one order is set.</summary>
    /// <exception cref="ArgumentException">Both orders are set, or the name is blank.</exception>
    public RowOrder Checked(string timeParameter, string orderParameter)
    {
        if (TimeColumn is not null && string.IsNullOrWhiteSpace(TimeColumn))
            throw new ArgumentException($"{timeParameter} must be null or the name of a column; got a blank name. Give the name of the time column.", timeParameter);
        if (TimeColumn is not null && IsRowOrder)
            throw new ArgumentException($"{orderParameter} must be false if {timeParameter} is set; got true, and '{TimeColumn}'. Rows can have only one order. Set one of the two.", orderParameter);
        return this;
    }
}
