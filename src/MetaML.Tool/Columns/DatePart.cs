namespace MetaML.Tool.Columns;

/// <summary>A feature of a date.</summary>
internal enum DatePart
{
    /// <summary>Days since the year 2000, with the time as a fraction.</summary>
    Days,

    /// <summary>The weekday, as a category: Mon to Sun.</summary>
    Weekday,

    /// <summary>The sine of the season: the angle is the share of the year that has passed.</summary>
    YearSine,

    /// <summary>The cosine of the season.</summary>
    YearCosine,

    /// <summary>The sine of the time of day.</summary>
    DaySine,

    /// <summary>The cosine of the time of day.</summary>
    DayCosine,
}
