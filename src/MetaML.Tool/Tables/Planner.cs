using MetaML.Tool.Columns;
using MetaML.Tool.Reading;

namespace MetaML.Tool.Tables;

/// <summary>Makes the plan of a training file from its description and from what the user says.</summary>
internal sealed class Planner(TableDescription table, PlanRequest request)
{
    private const int FewestLabelRows = 4;

    private static readonly string[] s_positives = ["1", "true", "yes", "y", "t", "positive", "bad", "default", "churn", "churned", "failure", "fraud", "sick", "dead"];

    private string[] Names => [.. table.Columns.Select(column => column.Name)];

    /// <summary>The plan.</summary>
    /// <exception cref="ToolException">A column is absent or unsuitable.</exception>
    public TablePlan Make()
    {
        string[] tasks = TaskColumns();
        ColumnDescription label = Label(tasks);
        LabelKind kind = KindOf(label);
        (string? positive, string? negative) = kind == LabelKind.Binary ? Values(label) : (null, null);
        string[] ignored = [.. request.Ignored.Select(name => Find("--ignore", name).Name)], categories = [.. request.Categories.Select(name => Find("--category", name).Name)], texts = [.. request.Texts.Select(name => Find("--text", name).Name)];
        PlannedColumn[] features =
        [
            .. from column in table.Columns
               where !tasks.Contains(column.Name) && column != label && !ignored.Contains(column.Name)
               let columnKind = texts.Contains(column.Name) ? ColumnKind.Text : categories.Contains(column.Name) ? ColumnKind.Category : column.Kind
               where columnKind <= ColumnKind.Text
               select Feature(column, columnKind),
        ];
        if (features.Length == 0)
            throw new ToolException($"'{table.Path}' must have at least one column for features beside the task and the label; it has none with numbers, dates, categories or texts. Add columns, or use --category or --text for a column that 'metaml describe' calls an identifier.");
        return new TablePlan
        {
            TaskColumns = tasks,
            LabelColumn = label.Name,
            LabelKind = kind,
            LabelHasDecimalComma = label.HasDecimalComma,
            Positive = positive,
            Negative = negative,
            Missing = request.Missing,
            Features = features,
        };
    }

    private static PlannedColumn Feature(ColumnDescription column, ColumnKind kind)
    {
        if (kind == ColumnKind.Number && column.NotNumbers is { } others)
            throw new ToolException($"Column '{column.Name}' must contain numbers, as most of its cells do; got '{others.First}' on {others.Place}{(others.Count > 1 ? $" and {others.Count - 1:N0} more" : "")}. Correct the cells, or use --missing \"{others.First}\", --category \"{column.Name}\" or --ignore \"{column.Name}\".");
        return new PlannedColumn
        {
            Name = column.Name,
            Kind = kind,
            HasDecimalComma = column.HasDecimalComma,
            HasMissing = column.MissingCount > 0,
            ValueCount = kind == ColumnKind.Category ? column.ValueCount ?? ColumnStatistics.MostValues : 0,
            MostFrequent = kind == ColumnKind.Category && column.Values.Count > PlannedColumn.MostIndicators ? [.. column.Values.Take(PlannedColumn.MostIndicators).Select(value => value.Value)] : [],
            DateFormat = kind == ColumnKind.Date ? column.DateFormat : null,
            DateParts = kind == ColumnKind.Date ? column.DateParts : [],
        };
    }

    private string[] TaskColumns()
    {
        if (request.Task is null)
        {
            string suggestions = table.TaskSuggestions.Count > 0
                ? $"Suggestions: {string.Join("; ", table.TaskSuggestions.Take(3).Select(suggestion => $"--task \"{suggestion.Column}\" ({suggestion.TaskCount:N0} tasks, {suggestion.MedianRows:N0} rows in the median)"))}."
                : $"No column has at least five values with four rows each. Columns: {NameOrder.List(Names)}.";
            throw new ToolException($"--task must be the column that tells the tasks apart, such as a store, a customer or a machine; none was given. {suggestions}");
        }

        // A name with a comma is one column if there is such a column.
        string[] names = Array.Exists(Names, name => name == request.Task) ? [request.Task] : request.Task.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ColumnDescription[] columns = [.. names.Select(name => Find("--task", name)).Distinct()];
        if (columns.Length == 0)
            throw new ToolException($"--task must be a column of '{table.Path}'; got '{request.Task}'. Columns: {NameOrder.List(Names)}.");
        if (columns is [{ } only])
        {
            if (only.ValueCount is 0 or 1)
                throw new ToolException($"Column '{only.Name}' must have at least two values to be the task; got {(only.ValueCount == 0 ? "none" : $"only '{only.Values[0].Value}'")}. With one task there is nothing to learn across. Choose another column.");
            if ((only.ValueCount ?? int.MaxValue) >= table.RowCount - only.MissingCount)
                throw new ToolException($"Column '{only.Name}' must have several rows for each of its values to be the task; it has another value in each row. Choose a column whose values repeat.");
        }

        return [.. columns.Select(column => column.Name)];
    }

    private ColumnDescription Label(string[] tasks)
    {
        if (request.Label is null)
            throw new ToolException($"--label must be the column to predict; none was given. Columns: {NameOrder.List([.. Names.Except(tasks)])}.");
        ColumnDescription label = Find("--label", request.Label);
        if (tasks.Contains(label.Name))
            throw new ToolException($"--label must be another column than the task; got '{label.Name}' for both. Choose the column to predict.");
        if (table.RowCount - label.MissingCount < FewestLabelRows)
            throw new ToolException($"Column '{label.Name}' must have labels in at least {FewestLabelRows} rows; got {table.RowCount - label.MissingCount:N0}. Choose another column, or add labels.");
        if (label.Kind is ColumnKind.Constant)
            throw new ToolException($"Column '{label.Name}' must have at least two values to be the label; got only '{label.Values[0].Value}'. There is nothing to predict. Choose another column.");
        if (label.Kind is ColumnKind.Date)
            throw new ToolException($"Column '{label.Name}' must contain numbers or classes to be the label; got dates such as {label.Examples[0]}. Replace the dates by a number, such as days from another date.");
        if (label.Kind is ColumnKind.Text or ColumnKind.Identifier && label.Maximum is null)
            throw new ToolException($"Column '{label.Name}' must contain numbers or classes to be the label; got {(label.ValueCount is { } count ? $"{count:N0}" : $"more than {ColumnStatistics.MostValues:N0}")} different texts, such as '{label.Examples[0]}'. Choose another column.");
        return label;
    }

    private LabelKind KindOf(ColumnDescription label)
    {
        bool isNumber = label.Kind is ColumnKind.Number or ColumnKind.Identifier;
        LabelKind suggested = label.ValueCount == 2 ? LabelKind.Binary : isNumber ? LabelKind.Regression : LabelKind.Multiclass;
        LabelKind kind = request.Kind ?? suggested;
        if (kind == LabelKind.Binary && label.ValueCount != 2)
            throw new ToolException($"Column '{label.Name}' must have two values for --kind binary; got {label.ValueCount?.ToString("N0", null) ?? "many"}. Use --kind {(isNumber ? "regression" : "multiclass")}, or leave --kind out.");
        if (kind == LabelKind.Regression && (!isNumber || label.NotNumbers is not null))
        {
            throw label.NotNumbers is { } others
                ? new ToolException($"Labels in column '{label.Name}' must be numbers; got '{others.First}' on {others.Place}{(others.Count > 1 ? $" and {others.Count - 1:N0} more" : "")}. Correct the cells, or use --missing \"{others.First}\"; rows without a label are left out.")
                : new ToolException($"Labels in column '{label.Name}' must be numbers for --kind regression; got '{label.Examples[0]}'. Use --kind multiclass, or leave --kind out.");
        }

        if (kind == LabelKind.Multiclass && label.ValueCount is null or > 1000)
            throw new ToolException($"Column '{label.Name}' must have at most 1,000 classes; got {label.ValueCount?.ToString("N0", null) ?? "more than 10,000"}. Choose another column, or --kind regression for numbers.");
        return kind;
    }

    private (string Positive, string Negative) Values(ColumnDescription label)
    {
        string[] values = [.. label.Values.Select(value => value.Value).Order(StringComparer.Ordinal)];
        string positive = request.Positive is { } given
            ? Array.Find(values, value => value == given) ?? throw new ToolException($"--positive must be a value of column '{label.Name}', '{values[0]}' or '{values[1]}'; got '{given}'.")
            : Array.Find(values, value => s_positives.Contains(value, StringComparer.OrdinalIgnoreCase)) ?? values[1];
        return (positive, values[0] == positive ? values[1] : values[0]);
    }

    private ColumnDescription Find(string option, string name)
    {
        ColumnDescription? column = table.Columns.FirstOrDefault(column => column.Name == name);
        ColumnDescription[] similar = [.. table.Columns.Where(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase))];
        if (column is null && similar.Length == 1)
            column = similar[0];
        string meant = NameOrder.Nearest(name, Names) is { } nearest ? $"Did you mean '{nearest}'? " : "";
        return column ?? throw new ToolException($"{option} must be a column of '{table.Path}'; got '{name}'. {meant}Columns: {NameOrder.List(Names)}.");
    }
}
