namespace MetaML.Episodes;

/// <summary>Draws episodes without support: the support rows and query rows of another sampler are all query rows, and the classes are those of the task.</summary>
/// <param name="sampler">Draws tasks and rows.</param>
internal sealed class OrdinaryRowSampler(IEpisodeSampler sampler) : IEpisodeSampler
{
    /// <inheritdoc/>
    public IReadOnlyList<Episode> Draw(Random random) =>
        [.. sampler.Draw(random).Select(episode => new Episode(episode.Task, [], [.. episode.Support, .. episode.Query], episode.Task.Classes))];
}
