namespace MetaML;

/// <summary>The metrics of a strategy for one support size.</summary>
/// <param name="SupportSize">The number of support rows of each task, or of each class if <see cref="FewShotEvaluation.IsPerClass"/>.</param>
/// <param name="Evaluation">The metrics of each task, which are means over the draws, and their summary over tasks.</param>
public sealed record FewShotPoint(int SupportSize, TaskEvaluation Evaluation);
