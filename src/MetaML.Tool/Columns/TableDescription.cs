using MetaML.Tool.Reading;

namespace MetaML.Tool.Columns;

/// <summary>Describes a file: its rows and columns.</summary>
internal sealed record TableDescription
{
    /// <summary>The path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>The format of the file, for the user.</summary>
    public required string Format { get; init; }

    public required long RowCount { get; init; }

    public required IReadOnlyList<ColumnDescription> Columns { get; init; }

    /// <summary>Columns that may identify the tasks, the best first.</summary>
    public required IReadOnlyList<TaskSuggestion> TaskSuggestions { get; init; }

    /// <summary>What the user should know about the file and its columns.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Reads a file once and describes it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="missing">Texts that stand for a missing value, beside the usual ones.</param>
    /// <param name="progress">Receives the number of rows read, now and then.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ToolException">The file has no rows, or a row with another number of cells than the header.</exception>
    public static TableDescription Of(TableFile file, IReadOnlyList<string> missing, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        var format = new CellFormat(DecimalComma: false, missing);
        ColumnStatistics[] statistics = [.. file.Names.Select(name => new ColumnStatistics(name, format, file.MayHaveDecimalComma))];
        using RowReader rows = file.OpenRows();
        Func<string> place = () => rows.Place;
        long count = 0;
        while (rows.Read())
        {
            for (int i = 0; i < statistics.Length; i++)
                statistics[i].Add(rows[i], place);
            if (++count % 50_000 == 0)
            {
                progress?.Report(count);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        if (count == 0)
            throw new ToolException($"'{file.Path}' must have at least one row below its header; it has only the header.");
        ColumnDescription[] columns = [.. statistics.Select(column => column.Describe())];
        return new TableDescription
        {
            Path = file.Path,
            Format = file.Format,
            RowCount = count,
            Columns = columns,
            TaskSuggestions = TaskSuggestion.Of(columns),
            Notes = [.. file.Notes, .. columns.SelectMany(NotesOf)],
        };
    }

    private static IEnumerable<string> NotesOf(ColumnDescription column)
    {
        if (column.NotNumbers is { } others)
            yield return $"'{column.Name}' has numbers, except in {others.Count:N0} {(others.Count == 1 ? "row" : "rows")}: '{others.First}' on {others.Place}. Correct {(others.Count == 1 ? "it" : "them")}, or use --missing \"{others.First}\", --category \"{column.Name}\" or --ignore \"{column.Name}\".";
        if (column.IsDateAmbiguous)
            yield return $"'{column.Name}' has dates in which day and month cannot be told apart, such as {column.Examples[0]}. The first number is taken for the day.";
    }
}
