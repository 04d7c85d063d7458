namespace MetaML.Tool.Tables;

/// <summary>The rows of a file as ML.NET reads them.</summary>
/// <param name="View">The rows.</param>
/// <param name="TaskNames">The tasks, in the order of their first rows, with their numbers of rows.</param>
/// <param name="SkippedRows">Number of rows that were left out because they have no label.</param>
internal sealed record LoadedTable(TableView View, IReadOnlyDictionary<string, int> TaskNames, int SkippedRows);
