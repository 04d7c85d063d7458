namespace MetaML;

/// <summary>A query row of a task with its label and its scores, for <see cref="FewShotOptions.OwnMetric"/>.</summary>
/// <param name="Row">The number of the row in the evaluated data, from 0.</param>
/// <param name="Label">The label: 0 or 1 (binary), the value (regression), or the number of the class (multiclass).</param>
/// <param name="Score">The score; for multiclass labels the number of the predicted class.</param>
/// <param name="Probability">The probability of the positive class (binary) or of the label's class (multiclass); NaN if the model gives none.</param>
public readonly record struct ScoredRow(int Row, float Label, float Score, float Probability);
