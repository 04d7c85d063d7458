namespace MetaML;

/// <summary>The result of a cross-validation over tasks. For each fold, strategies learn from the tasks of the other folds and are evaluated on the tasks of the fold.</summary>
/// <param name="Folds">The evaluation of the held-out tasks of each fold.</param>
/// <param name="Overall">The evaluation of all tasks together. Each task is evaluated once, in its fold.</param>
public sealed record TaskCrossValidation(IReadOnlyList<FewShotEvaluation> Folds, FewShotEvaluation Overall);
