using MetaML.Extensions.Evaluation.FewShot;
using Microsoft.ML;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>One part of a cross-validation over tasks: some of the tasks judge the strategies that learn from the others.</summary>
/// <param name="Number">The number of the part, from 1; the validation tasks are part 0.</param>
/// <param name="Training">The tasks to learn from.</param>
/// <param name="Judging">Evaluates on the held-out tasks.</param>
internal sealed record ExperimentFold(int Number, IDataView Training, FewShotEvaluator Judging);
