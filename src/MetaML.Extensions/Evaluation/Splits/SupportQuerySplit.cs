using Microsoft.ML;

namespace MetaML;

/// <summary>Each task's rows split into those to adapt on and those to be judged on. Rows are filtered as they are read.</summary>
/// <param name="Support">The rows to adapt on.</param>
/// <param name="Query">All other labelled rows.</param>
public sealed record SupportQuerySplit(IDataView Support, IDataView Query);
