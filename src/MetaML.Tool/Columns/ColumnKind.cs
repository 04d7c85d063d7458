namespace MetaML.Tool.Columns;

/// <summary>What the values of a column are.</summary>
internal enum ColumnKind
{
    /// <summary>Numbers.</summary>
    Number,

    /// <summary>Dates, or dates with times.</summary>
    Date,

    /// <summary>One of a limited number of values.</summary>
    Category,

    /// <summary>Sentences or lists of words.</summary>
    Text,

    /// <summary>A different value in each row, without meaning for a prediction.</summary>
    Identifier,

    /// <summary>The same value in all rows.</summary>
    Constant,

    /// <summary>No values.</summary>
    Empty,
}
