namespace MetaML;

/// <summary>The receipt of a change that is stored.</summary>
/// <param name="Version">The version of the model that the task uses.</param>
/// <param name="RowCount">Number of rows of the task after the change.</param>
/// <param name="IsRepeated">Whether the event had been counted before, so that this call changed nothing.</param>
/// <param name="RowsSinceChange">Number of rows since the estimated change of the task, if the test for drift gave an alarm; null for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.TaskReceipt")]
public sealed record TaskReceipt(
    [property: Id(0)] string Version,
    [property: Id(1)] int RowCount,
    [property: Id(2)] bool IsRepeated,
    [property: Id(3)] int? RowsSinceChange);
