namespace MetaML;

/// <summary>A task that a model knows.</summary>
/// <param name="Name">Its name; empty where rows are not told apart by task.</param>
/// <param name="RowCount">Number of rows that it was adapted on; null where the model was saved by an earlier version.</param>
/// <param name="Weight">λ, how much it counted when training ended, 1 in the mean; null for a task that was not trained on, or where nothing was trained by gradients.</param>
public sealed record TaskDescription(string Name, int? RowCount, double? Weight);
