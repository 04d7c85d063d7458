namespace MetaML.Episodes;

/// <summary>Draws the episodes of one outer step.</summary>
internal interface IEpisodeSampler
{
    /// <summary>Draws one meta-batch.</summary>
    /// <param name="random">The only source of randomness: equal generators give equal episodes.</param>
    IReadOnlyList<Episode> Draw(Random random);
}
