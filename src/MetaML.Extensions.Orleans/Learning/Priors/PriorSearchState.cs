using MetaML.Extensions.Orleans.Learning;

namespace MetaML;

/// <summary>The state of a search for a prior.</summary>
/// <param name="From">The version with the encoder.</param>
/// <param name="To">The new version.</param>
/// <param name="Shards">Number of shards.</param>
/// <param name="Result">The result; null before the end.</param>
/// <param name="Error">The message of the error that ended the search; null for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.PriorSearchState")]
public sealed record PriorSearchState(
    [property: Id(0)] string From,
    [property: Id(1)] string To,
    [property: Id(2)] int Shards,
    [property: Id(3)] LearnedPrior? Result,
    [property: Id(4)] string? Error) : ILearningState<PriorSearchState>
{
    /// <summary>Whether the search has ended.</summary>
    public bool HasEnded => Result is not null || Error is not null;

    PriorSearchState ILearningState<PriorSearchState>.Request => this with { Result = null, Error = null };

    PriorSearchState ILearningState<PriorSearchState>.Failed(string error) => this with { Error = error };
}
