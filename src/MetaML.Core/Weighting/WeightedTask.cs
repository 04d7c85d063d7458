namespace MetaML.Weighting;

/// <summary>What a weighting may know of a training task.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Kind">What its labels are.</param>
/// <param name="RowCount">Number of its labelled rows.</param>
internal readonly record struct WeightedTask(string Name, LabelKind Kind, int RowCount);
