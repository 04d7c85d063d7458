using Microsoft.ML;

namespace MetaML;

/// <summary>Data split by task: no task has rows in two of them. Rows are filtered as they are read.</summary>
/// <param name="TrainSet">Tasks to learn from.</param>
/// <param name="ValidationSet">Tasks to choose by.</param>
/// <param name="TestSet">Tasks to judge what was chosen, once.</param>
public sealed record TaskSplit(IDataView TrainSet, IDataView ValidationSet, IDataView TestSet);
