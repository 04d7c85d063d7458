using Microsoft.ML;

namespace MetaML;

/// <summary>The rows of each task, split into support and query. The views filter the rows when they are read.</summary>
/// <param name="Support">The rows for adaptation.</param>
/// <param name="Query">All other labelled rows, for evaluation.</param>
public sealed record SupportQuerySplit(IDataView Support, IDataView Query);
