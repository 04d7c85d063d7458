namespace MetaML;

/// <summary>Strategies judged on every task, each time after learning from the tasks of the other folds.</summary>
/// <param name="Folds">Each fold's held-out tasks.</param>
/// <param name="Overall">All tasks together, each judged once, in its fold.</param>
public sealed record TaskCrossValidation(IReadOnlyList<FewShotEvaluation> Folds, FewShotEvaluation Overall);
