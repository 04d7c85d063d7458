namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The order of the rows of a task: by a column of time, the order of the data, or none.</summary>
/// <param name="TimeColumn">The column of time; null if there is none.</param>
/// <param name="IsRowOrder">Whether the rows of the data are in the order of time.</param>
internal readonly record struct RowOrder(string? TimeColumn, bool IsRowOrder)
{
    /// <summary>No order: support and query are drawn at random.</summary>
    public static RowOrder None => default;

    /// <summary>Checks that there is one order at most.</summary>
    /// <exception cref="ArgumentException">There are two, or the name is blank.</exception>
    public RowOrder Checked(string timeParameter, string orderParameter)
    {
        if (TimeColumn is not null && string.IsNullOrWhiteSpace(TimeColumn))
            throw new ArgumentException($"{timeParameter} must be null or the name of a column; got a blank name. Name the column of time.", timeParameter);
        if (TimeColumn is not null && IsRowOrder)
            throw new ArgumentException($"{orderParameter} must be false if {timeParameter} is set; got true, and '{TimeColumn}'. Rows have one order. Set one of the two.", orderParameter);
        return this;
    }
}
