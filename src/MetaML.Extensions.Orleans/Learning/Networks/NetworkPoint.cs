namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The parameters at which a shard computes. It contains all that is needed, so that a shard on a new silo can answer it.</summary>
/// <param name="Version">The version of the model that learning starts from.</param>
/// <param name="Options">The options.</param>
/// <param name="Shards">Number of shards.</param>
/// <param name="Theta">θ as <see cref="PackedFloats"/>.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.NetworkPoint")]
internal sealed record NetworkPoint(
    [property: Id(0)] string Version,
    [property: Id(1)] NetworkLearningOptions Options,
    [property: Id(2)] int Shards,
    [property: Id(3)] byte[] Theta);
