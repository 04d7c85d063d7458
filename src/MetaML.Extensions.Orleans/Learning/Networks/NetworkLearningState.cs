using MetaML.Extensions.Orleans.Learning;

namespace MetaML;

/// <summary>The state of learning a network.</summary>
/// <param name="From">The version that learning starts from.</param>
/// <param name="To">The new version.</param>
/// <param name="Shards">Number of shards.</param>
/// <param name="Options">The options.</param>
/// <param name="Iterations">Number of outer steps at the last checkpoint.</param>
/// <param name="Result">The result; null before the end.</param>
/// <param name="Error">The message of the error that ended learning; null for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.NetworkLearningState")]
public sealed record NetworkLearningState(
    [property: Id(0)] string From,
    [property: Id(1)] string To,
    [property: Id(2)] int Shards,
    [property: Id(3)] NetworkLearningOptions Options,
    [property: Id(4)] int Iterations,
    [property: Id(5)] LearnedNetwork? Result,
    [property: Id(6)] string? Error) : ILearningState<NetworkLearningState>
{
    /// <summary>Whether learning has ended.</summary>
    public bool HasEnded => Result is not null || Error is not null;

    NetworkLearningState ILearningState<NetworkLearningState>.Request => this with { Iterations = 0, Result = null, Error = null };

    NetworkLearningState ILearningState<NetworkLearningState>.Failed(string error) => this with { Error = error };
}
