namespace MetaML;

/// <summary>Describes a task that a model knows.</summary>
/// <param name="Name">Its name; empty if the model has no Task column.</param>
/// <param name="RowCount">Number of rows that the model was adapted to; null if an earlier version saved the model.</param>
/// <param name="Weight">The task weight λ at the end of training. The mean of all λ is 1. Null if the task was not in the training data, or if nothing was trained by gradients.</param>
public sealed record TaskDescription(string Name, int? RowCount, double? Weight);
