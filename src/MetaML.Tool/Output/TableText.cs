using System.Globalization;
using MetaML.Tool.Columns;
using MetaML.Tool.Tables;
using static MetaML.Tool.Output.NumberText;

namespace MetaML.Tool.Output;

/// <summary>Shows the description of a file.</summary>
internal static class TableText
{
    private const int MostColumns = 60, MostValues = 20;

    /// <summary>Writes the rows, columns, suggestions and notes of a file.</summary>
    public static void Show(Screen screen, TableDescription table)
    {
        screen.Line(Text($"{table.Path}: {table.RowCount:N0} rows, {table.Columns.Count:N0} columns ({table.Format})"));
        screen.Line();
        screen.Table(["column", "type", "missing", "values", "features"], table.Columns.Take(MostColumns).Select(column => new[]
        {
            column.Name, KindOf(column), column.MissingCount == 0 ? "" : Text($"{column.MissingCount:N0}"), ValuesOf(column), Features(column),
        }));
        if (table.Columns.Count > MostColumns)
            screen.Line(Text($"and {table.Columns.Count - MostColumns:N0} more columns: {string.Join(", ", table.Columns.Skip(MostColumns).CountBy(KindOf).Select(pair => Text($"{pair.Value:N0} {pair.Key}")))}"));
        screen.Line();
        if (table.TaskSuggestions.Count > 0)
            screen.Line($"Possible tasks: {string.Join("; ", table.TaskSuggestions.Take(3).Select(suggestion => Text($"{suggestion.Column} ({suggestion.TaskCount:N0} tasks, {suggestion.MedianRows:N0} rows in the median)")))}");
        else
            screen.Line("Possible tasks: none. No column has at least five values with four rows each.");
        foreach (string note in table.Notes)
            screen.Line($"Note: {note}");
    }

    /// <summary>The description for other programs.</summary>
    public static object ToJson(TableDescription table) => new
    {
        table.Path,
        table.Format,
        table.RowCount,
        Columns = table.Columns.Select(column => new
        {
            column.Name,
            column.Kind,
            column.MissingCount,
            column.ValueCount,
            Values = column.Values.Take(MostValues),
            column.Minimum,
            column.Maximum,
            column.DateFormat,
            column.FirstDate,
            column.LastDate,
            column.NotNumbers,
            Features = Features(column),
        }),
        table.TaskSuggestions,
        table.Notes,
    };

    /// <summary>Writes how the columns are used.</summary>
    public static void Show(Screen screen, TablePlan plan, IReadOnlyCollection<string>? unused = null)
    {
        string label = plan.LabelKind switch
        {
            LabelKind.Regression => "a number",
            LabelKind.Binary => $"the probability of '{plan.Positive}' against '{plan.Negative}'",
            _ => "one of several classes",
        };
        screen.Line($"Task: {plan.TaskColumn}. Label: {plan.LabelColumn}, {label}.");
        foreach (IGrouping<string, PlannedColumn> group in plan.Features.GroupBy(Features))
            screen.Line($"  {group.Key}: {NameOrder.List([.. group.Select(column => column.Name)])}");
        if (unused is { Count: > 0 })
            screen.Line($"  not used: {NameOrder.List(unused)}");
    }

    private static string KindOf(ColumnDescription column) => column.Kind.ToString().ToLowerInvariant();

    private static string ValuesOf(ColumnDescription column)
    {
        if (column.Kind == ColumnKind.Date)
            return $"{Date(column.FirstDate!.Value)} to {Date(column.LastDate!.Value)}";
        if (column is { Kind: ColumnKind.Number or ColumnKind.Identifier, Minimum: { } minimum, Maximum: { } maximum })
            return Text($"{minimum:G6} to {maximum:G6}{(column.ValueCount <= 2 ? "" : column.ValueCount is { } number ? $", {number:N0} different" : "")}");
        string count = column.ValueCount is { } different ? Text($"{different:N0}") : Text($"more than {ColumnStatistics.MostValues:N0}");
        return column.Kind switch
        {
            ColumnKind.Empty => "",
            ColumnKind.Constant => Short(column.Values[0].Value),
            ColumnKind.Category => $"{count}: {string.Join(", ", column.Values.Take(3).Select(value => Text($"{Short(value.Value)} ({value.Count:N0})")))}{(column.Values.Count > 3 ? ", …" : "")}",
            _ => $"{count} different, such as {Short(column.Examples[0])}",
        };
    }

    private static string Features(ColumnDescription column) => Features(column.Kind, column.MissingCount > 0, column.DateParts);

    private static string Features(PlannedColumn column) => Features(column.Kind, column.HasMissing, column.DateParts);

    private static string Features(ColumnKind kind, bool hasMissing, IReadOnlyList<DatePart> parts) => kind switch
    {
        ColumnKind.Number => hasMissing ? "number; mean where missing, and an indicator" : "number",
        ColumnKind.Date => string.Join(", ", parts.Select(DateParts.Label).Distinct()) + (hasMissing ? "; mean where missing" : ""),
        ColumnKind.Category => "one indicator per value",
        ColumnKind.Text => "words and pairs of words",
        _ => "none",
    };

    private static string Date(DateTime date) => date.ToString(date.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Short(string value) => value.ReplaceLineEndings(" ") is var line && line.Length > 24 ? $"{line[..23]}…" : line;

}
