namespace MetaML.Tool.Columns;

/// <summary>The features of dates.</summary>
internal static class DateParts
{
    private const double DaysOfYear = 365.2425;

    private static readonly DateTime s_origin = new(2000, 1, 1);

    /// <summary>The features that dates between two dates need.</summary>
    /// <param name="first">The earliest date.</param>
    /// <param name="last">The latest date.</param>
    /// <param name="hasTimes">Whether a date has a time other than midnight.</param>
    public static DatePart[] For(DateTime first, DateTime last, bool hasTimes)
    {
        double days = (last - first).TotalDays;
        return
        [
            DatePart.Days,
            .. days >= 7 ? [DatePart.Weekday] : Array.Empty<DatePart>(),
            .. days >= 180 ? [DatePart.YearSine, DatePart.YearCosine] : Array.Empty<DatePart>(),
            .. hasTimes ? [DatePart.DaySine, DatePart.DayCosine] : Array.Empty<DatePart>(),
        ];
    }

    /// <summary>The name of a feature, which its sine and its cosine have in common.</summary>
    public static string Label(DatePart part) => part switch
    {
        DatePart.Days => "days",
        DatePart.Weekday => "weekday",
        DatePart.YearSine or DatePart.YearCosine => "season",
        _ => "time of day",
    };

    /// <summary>The name of the column of a feature: "opened (weekday)".</summary>
    public static string NameOf(string column, DatePart part) =>
        $"{column} ({Label(part)}{(part is DatePart.YearSine or DatePart.DaySine ? ", sine" : part is DatePart.YearCosine or DatePart.DayCosine ? ", cosine" : "")})";

    /// <summary>A feature that is a number.</summary>
    public static float Number(DateTime date, DatePart part) => (float)(part switch
    {
        DatePart.Days => (date - s_origin).TotalDays,
        DatePart.YearSine => Math.Sin(Math.Tau * date.DayOfYear / DaysOfYear),
        DatePart.YearCosine => Math.Cos(Math.Tau * date.DayOfYear / DaysOfYear),
        DatePart.DaySine => Math.Sin(Math.Tau * date.TimeOfDay.TotalDays),
        _ => Math.Cos(Math.Tau * date.TimeOfDay.TotalDays),
    });

    /// <summary>The name of the weekday: "Mon".</summary>
    public static string Weekday(DateTime date) => date.DayOfWeek.ToString()[..3];
}
