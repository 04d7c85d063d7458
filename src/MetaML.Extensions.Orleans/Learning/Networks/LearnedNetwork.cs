namespace MetaML;

/// <summary>A network that was learned from shards.</summary>
/// <param name="Version">The published version, which is not active yet.</param>
/// <param name="Tasks">Number of tasks of all shards.</param>
/// <param name="Iterations">Number of outer steps.</param>
/// <param name="BestIteration">The outer step with the best validation loss, whose parameters the version has.</param>
/// <param name="ValidationLoss">The mean query loss of the validation episodes with these parameters; null without validation.</param>
/// <param name="BytesOfAStep">The size of the parameters that are sent to all shards in one outer step, and of the gradients that they send back.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.LearnedNetwork")]
public sealed record LearnedNetwork(
    [property: Id(0)] ModelVersion Version,
    [property: Id(1)] int Tasks,
    [property: Id(2)] int Iterations,
    [property: Id(3)] int BestIteration,
    [property: Id(4)] double? ValidationLoss,
    [property: Id(5)] long BytesOfAStep);
