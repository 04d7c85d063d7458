namespace MetaML;

/// <summary>How well a strategy does with so many support rows.</summary>
/// <param name="SupportSize">Support rows of each task, or of each class where <see cref="FewShotEvaluation.IsPerClass"/>.</param>
/// <param name="Evaluation">Metrics of each task, each the mean over the draws, and over tasks.</param>
public sealed record FewShotPoint(int SupportSize, TaskEvaluation Evaluation);
