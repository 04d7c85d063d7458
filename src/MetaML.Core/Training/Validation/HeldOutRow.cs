namespace MetaML.Training.Validation;

/// <summary>A row with its scores by a model that was not trained on the row's task, or not on the row.</summary>
/// <param name="Unit">As of <see cref="EvaluatedEpisode"/>.</param>
/// <param name="Support">The number of rows that the task was adapted on.</param>
/// <param name="Label">0 or 1, the number of the output, or the value in the user's units.</param>
/// <param name="Weight">The example weight.</param>
/// <param name="Scores">The score of each output.</param>
/// <param name="PriorScores">The scores by the prior, the head of a task without rows; the row's own scores if there is no such prior for the row's encoder.</param>
/// <param name="One">The effect of one more unit of intercept on a score. It is below 1 if scores are divided by a deviation. For values, 1 divided by the deviation of the label about the score.</param>
internal readonly record struct HeldOutRow(HeldOutUnit Unit, int Support, float Label, float Weight, float[] Scores, float[] PriorScores, float One);
