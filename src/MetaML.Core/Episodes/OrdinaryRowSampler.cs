namespace MetaML.Episodes;

/// <summary>Episodes without adaptation: what another sampler draws for support and query is all query, to be told apart from all classes of its task.</summary>
/// <param name="sampler">Draws tasks and rows.</param>
internal sealed class OrdinaryRowSampler(IEpisodeSampler sampler) : IEpisodeSampler
{
    /// <inheritdoc/>
    public IReadOnlyList<Episode> Draw(Random random) =>
        [.. sampler.Draw(random).Select(episode => new Episode(episode.Task, [], [.. episode.Support, .. episode.Query], episode.Task.Classes))];
}
