using Microsoft.ML;

namespace MetaML;

/// <summary>Data split by task: no task has rows in two of the sets. The views filter the rows when they are read.</summary>
/// <param name="TrainSet">The tasks for training.</param>
/// <param name="ValidationSet">The tasks for the choice between models.</param>
/// <param name="TestSet">The tasks for the evaluation of the chosen model, once.</param>
public sealed record TaskSplit(IDataView TrainSet, IDataView ValidationSet, IDataView TestSet);
