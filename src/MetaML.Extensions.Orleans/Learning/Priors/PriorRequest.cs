namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>A prior under which a shard sums. It contains all that is needed, so that a shard on a new silo can answer it.</summary>
/// <param name="Version">The version of the model that embeds rows.</param>
/// <param name="Mean">m [outputs][width].</param>
/// <param name="Covariance">Σ̃ [width, width].</param>
/// <param name="Directions">The change of m, [outputs][width]; null for none.</param>
/// <param name="MostTasks">The largest number of tasks of the shard that are summed.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.PriorRequest")]
internal sealed record PriorRequest(
    [property: Id(0)] string Version,
    [property: Id(1)] double[][] Mean,
    [property: Id(2)] double[] Covariance,
    [property: Id(3)] double[][]? Directions,
    [property: Id(4)] int MostTasks);
