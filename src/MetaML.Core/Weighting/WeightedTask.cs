namespace MetaML.Weighting;

/// <summary>The properties of a training task that a weighting may use.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Kind">The kind of label.</param>
/// <param name="RowCount">Number of its labelled rows.</param>
internal readonly record struct WeightedTask(string Name, LabelKind Kind, int RowCount);
