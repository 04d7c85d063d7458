namespace MetaML;

/// <summary>Predictions for rows of a task.</summary>
/// <param name="Version">The version of the model that the task uses.</param>
/// <param name="IsKnown">Whether the task has a head of its own. If not, the rows are treated as those of an unknown task.</param>
/// <param name="Rows">The output columns of the model, such as Score, in the order of the request's rows. Keys are texts.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.TaskScores")]
public sealed record TaskScores(
    [property: Id(0)] string Version,
    [property: Id(1)] bool IsKnown,
    [property: Id(2)] TaskRows Rows);
