namespace MetaML;

/// <summary>A prior that was learned from shards.</summary>
/// <param name="Version">The published version, which is not active yet.</param>
/// <param name="Tasks">Number of tasks of all shards.</param>
/// <param name="Rounds">Number of times that all shards summed.</param>
/// <param name="BytesOfARound">The size of the sums of all shards in one round.</param>
/// <param name="LogLikelihood">The log likelihood of the labels of all tasks under the prior, plus the log density of its shrinkage.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.LearnedPrior")]
public sealed record LearnedPrior(
    [property: Id(0)] ModelVersion Version,
    [property: Id(1)] int Tasks,
    [property: Id(2)] int Rounds,
    [property: Id(3)] long BytesOfARound,
    [property: Id(4)] double LogLikelihood);
